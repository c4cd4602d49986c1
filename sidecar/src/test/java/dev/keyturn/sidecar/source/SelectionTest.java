package dev.keyturn.sidecar.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.plan.Reference;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SelectionTest {
  private static final String JSON =
      "{\"other\":{\"password\":1},\"password\":\"canary\",\"hosts\":[\"a\",{\"port\":5432}],\"a.b\":true}";

  private final SortedMap<String, Field> fields = new TreeMap<>();

  SelectionTest() {
    fields.put("db", Field.json(JSON));
    fields.put("db.exact", Field.text("canary-exact"));
    fields.put("text", Field.text(JSON));
  }

  private Field select(String key) throws FetchException {
    return Selection.select(Reference.parse("sops:a.yaml#" + key), fields).get(key);
  }

  @Test
  void aKeyWithDotsChoosesWhatIsNested() throws Exception {
    assertThat(select("db.password")).isEqualTo(Field.text("canary"));
    assertThat(select("db.other.password")).isEqualTo(Field.json("1"));
    assertThat(select("db.hosts.0")).isEqualTo(Field.text("a"));
    assertThat(select("db.hosts.1")).isEqualTo(Field.json("{\"port\":5432}"));
    assertThat(select("db.hosts.1.port")).isEqualTo(Field.json("5432"));
    assertThat(select("db.a.b")).isEqualTo(Field.json("true"));
    assertThat(select("db")).isEqualTo(fields.get("db"));
  }

  @Test
  void aKeyThatIsThereAsItIsGoesFirst() throws Exception {
    assertThat(select("db.exact")).isEqualTo(Field.text("canary-exact"));
  }

  @Test
  void whatIsNotThereIsToldWithTheKeysThatAre() {
    for (String key :
        new String[] {"db.nothing", "db.hosts.2", "db.password.x", "text.password", "x.y"}) {
      assertThatThrownBy(() -> select(key))
          .as(key)
          .isInstanceOf(FetchException.class)
          .hasMessageContaining("has no key '" + key + "': it has db, db.exact, text")
          .hasMessageNotContaining("canary");
    }
  }
}
