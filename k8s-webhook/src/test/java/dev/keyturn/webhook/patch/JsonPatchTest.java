package dev.keyturn.webhook.patch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class JsonPatchTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  @Test
  void equalTreesDifferInNothing() {
    assertThat(between("{'a':[{'name':'x'}],'b':1}", "{'a':[{'name':'x'}],'b':1}")).isEmpty();
  }

  @Test
  void whatIsAddedRemovedAndReplacedIsOneOperationEach() {
    assertThat(between("{'a':1,'b':2,'c':{'d':3}}", "{'b':9,'c':{'d':3,'e':4},'f':5}"))
        .hasToString(
            one("[{'op':'remove','path':'/a'},{'op':'replace','path':'/b','value':9},")
                + one("{'op':'add','path':'/c/e','value':4},{'op':'add','path':'/f','value':5}]"));
  }

  @Test
  void slashesAndTildesOfAnnotationsAreEscaped() {
    assertThat(between("{}", "{'keyturn.dev/a~b':1}"))
        .hasToString(one("[{'op':'add','path':'/keyturn.dev~1a~0b','value':1}]"));
  }

  @Test
  void elementsWithNamesArePatchedOneByOne() {
    assertThat(
            between(
                "{'l':[{'name':'a','v':1},{'name':'b'}]}",
                "{'l':[{'name':'n'},{'name':'a','v':2},{'name':'b'},{'name':'o'}]}"))
        .hasToString(
            one("[{'op':'add','path':'/l/0','value':{'name':'n'}},")
                + one("{'op':'replace','path':'/l/1/v','value':2},")
                + one("{'op':'add','path':'/l/3','value':{'name':'o'}}]"));
  }

  @Test
  void mountsOfOneVolumeAreToldApartByTheirPaths() {
    assertThat(
            between(
                "{'l':[{'name':'v','mountPath':'/a'},{'name':'v','mountPath':'/b'}]}",
                "{'l':[{'name':'v','mountPath':'/a'},{'name':'w','mountPath':'/b'}]}"))
        .hasToString(one("[{'op':'replace','path':'/l/1/name','value':'w'}]"));
  }

  @Test
  void aListThatChangedItsOrderIsReplaced() {
    assertThat(between("{'l':[{'name':'a'},{'name':'b'}]}", "{'l':[{'name':'b'},{'name':'a'}]}"))
        .hasToString(one("[{'op':'replace','path':'/l','value':[{'name':'b'},{'name':'a'}]}]"));
  }

  @Property
  void applyingTheDifferenceGivesTheOther(
      @ForAll("objects") ObjectNode before, @ForAll("objects") ObjectNode after) {
    ArrayNode patch = JsonPatch.between(before, after);
    assertThat(PatchApplier.apply(patch, before)).isEqualTo(after);
    assertThat(patch.isEmpty()).isEqualTo(before.equals(after));
  }

  @Provide
  Arbitrary<ObjectNode> objects() {
    Arbitrary<String> names = Arbitraries.of("a", "b", "name", "mountPath", "x/y", "~", "");
    Arbitrary<JsonNode> leaves =
        Arbitraries.<JsonNode>of(
            JSON.valueToTree(1),
            JSON.valueToTree("a"),
            JSON.valueToTree("b"),
            JSON.valueToTree("c"),
            JSON.nullNode(),
            JSON.valueToTree(2.5));
    Arbitrary<JsonNode> named =
        Arbitraries.of("a", "b", "c", "d")
            .map(name -> (JsonNode) JSON.createObjectNode().put("name", name));
    Arbitrary<JsonNode> values =
        Arbitraries.recursive(
            () -> Arbitraries.oneOf(leaves, named),
            inner ->
                Arbitraries.oneOf(
                    Arbitraries.maps(names, inner).ofMaxSize(4).map(JSON::<JsonNode>valueToTree),
                    inner.list().ofMaxSize(4).map(JSON::<JsonNode>valueToTree),
                    named.list().ofMaxSize(5).map(JSON::<JsonNode>valueToTree)),
            0,
            3);
    return Arbitraries.maps(names, values).ofMaxSize(5).map(JSON::<ObjectNode>valueToTree);
  }

  private static ArrayNode between(String before, String after) {
    return JsonPatch.between(object(before), object(after));
  }

  private static ObjectNode object(String text) {
    return (ObjectNode) JSON.readTree(one(text));
  }

  private static String one(String text) {
    return text.replace('\'', '"');
  }

  @Test
  void theApplierRefusesWhatIsNotThere() {
    for (String patch :
        List.of(
            "[{'op':'remove','path':'/a'}]",
            "[{'op':'replace','path':'/a','value':1}]",
            "[{'op':'add','path':'/a/b','value':1}]")) {
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> PatchApplier.apply((ArrayNode) JSON.readTree(one(patch)), object("{}"))))
          .isNotNull();
    }
  }
}
