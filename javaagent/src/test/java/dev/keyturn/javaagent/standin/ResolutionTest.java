package dev.keyturn.javaagent.standin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import dev.keyturn.mount.MountReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResolutionTest {
  @TempDir Path scratch;

  @BeforeEach
  void publish() {
    HandMadeMount mount = new HandMadeMount(scratch.resolve("mount"));
    mount.publish(
        File.of(
            "db", "json", "{\"username\":\"ann\",\"password\":\"p/w &1\",\"pass.word\":\"two\"}"),
        File.of("db2", "raw", "second"),
        File.of("api", "raw", "canary-token")
            .hosts("api.example.com", "*.example.org:8443", "[::1]"));
    Watcher.of(new MountReader(mount.directory().toFile()), 60_000).firstLook(Map.of());
  }

  private static String text(String text) {
    return Resolution.of("test").text(text);
  }

  @Test
  void swaps_stand_ins_wherever_they_are() {
    assertThat(text("keyturn:db/password")).isEqualTo("p/w &1");
    assertThat(text("u=keyturn:db/username;p=keyturn:db/password;")).isEqualTo("u=ann;p=p/w &1;");
    assertThat(text("Bearer keyturn:api.")).isEqualTo("Bearer canary-token.");
    assertThat(text("keyturn:db2keyturn:db2")).as("the longest name").isEqualTo("secondsecond");
    assertThat(text("keyturn:db2,keyturn:db2")).isEqualTo("second,second");
    assertThat(text("keyturn:db/pass.word")).as("the longest key").isEqualTo("two");
    assertThat(text("keyturn:db2/password"))
        .as("a raw file has no keys")
        .isEqualTo("second/password");
  }

  @Test
  void swaps_in_a_url_and_escapes_there() {
    assertThat(text("redis://keyturn%3Adb%2Fusername:keyturn%3adb%2fpassword@host"))
        .isEqualTo("redis://ann:p%2Fw%20%261@host");
  }

  @Test
  void leaves_what_is_no_secret() {
    assertThat(text("keyturn:nothing/here")).isEqualTo("keyturn:nothing/here");
    assertThat(text("keyturn:db/nothing")).isEqualTo("keyturn:db/nothing");
    assertThat(text("keyturn:")).isEqualTo("keyturn:");
    String none = "Keyturn turns keys: keyturn";
    assertThat(text(none)).isSameAs(none);
  }

  /** A value that looks like a stand-in is not looked at again. */
  @Test
  void swaps_once() {
    HandMadeMount mount = new HandMadeMount(scratch.resolve("other"));
    mount.publish(File.of("db", "raw", "keyturn:db"), File.of("x", "raw", "1"));
    Watcher.of(new MountReader(mount.directory().toFile()), 60_000).firstLook(Map.of());
    assertThat(text("keyturn:db keyturn:x")).isEqualTo("keyturn:db 1");
  }

  @SuppressWarnings("JdkObsolete") // what JNDI takes
  @Test
  void swaps_by_type_and_leaves_the_callers_own_as_it_was() {
    Resolution resolution = Resolution.of("test");
    char[] chars = "keyturn:db/username".toCharArray();
    assertThat(resolution.chars(chars)).containsExactly('a', 'n', 'n');
    assertThat(chars).isEqualTo("keyturn:db/username".toCharArray());
    assertThat(resolution.bytes("é keyturn:db/username".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("é ann".getBytes(StandardCharsets.UTF_8));
    byte[] binary = {(byte) 0xff, 'k', 'e', 'y'};
    assertThat(resolution.bytes(binary)).isSameAs(binary);
    assertThat(resolution.value(java.nio.CharBuffer.wrap("keyturn:db2"))).isEqualTo("second");
    Object other = 7;
    assertThat(resolution.value(other)).isSameAs(other);

    Properties defaults = new Properties();
    defaults.setProperty("user", "keyturn:db/username");
    Properties properties = new Properties(defaults);
    properties.setProperty("password", "keyturn:db/password");
    properties.put("object", other);
    Properties swapped = resolution.properties(properties);
    assertThat(swapped)
        .containsEntry("user", "ann")
        .containsEntry("password", "p/w &1")
        .containsEntry("object", other);
    assertThat(properties.getProperty("password")).isEqualTo("keyturn:db/password");
    properties.setProperty("password", "x");
    defaults.setProperty("user", "x");
    assertThat(resolution.properties(properties)).isSameAs(properties);

    Map<String, Object> map = new HashMap<>();
    map.put("a", "keyturn:db2");
    map.put("none", null);
    Map<String, Object> expected = new HashMap<>(map);
    expected.put("a", "second");
    assertThat(resolution.map(map)).isEqualTo(expected);
    assertThat(resolution.map(new Hashtable<>(Map.of("a", "keyturn:db2"))))
        .isInstanceOf(Hashtable.class);
    assertThat(resolution.map(new TreeMap<>(Map.of("a", "keyturn:db2"))))
        .isInstanceOf(TreeMap.class);
    assertThat(map).containsEntry("a", "keyturn:db2");
  }

  @Test
  void swaps_inside_of_basic_credentials() {
    String credentials =
        Base64.getEncoder()
            .encodeToString(
                "keyturn:db/username:keyturn:db/password".getBytes(StandardCharsets.UTF_8));
    assertThat(Resolution.of("test").basicAuthorization("basic " + credentials))
        .isEqualTo(
            "Basic "
                + Base64.getEncoder()
                    .encodeToString("ann:p/w &1".getBytes(StandardCharsets.UTF_8)));
    assertThat(Resolution.of("test").basicAuthorization("Basic !!!")).isEqualTo("Basic !!!");
    assertThat(Resolution.of("test").basicAuthorization("Bearer keyturn:db2"))
        .isEqualTo("Bearer second");
  }

  @Test
  void goes_to_the_hosts_of_the_plan_only() {
    assertThat(to("api.example.com", 443)).isEqualTo("canary-token");
    assertThat(to("API.example.com.", 80)).isEqualTo("canary-token");
    assertThat(to("a.b.example.org", 8443)).isEqualTo("canary-token");
    assertThat(to("::1", 1)).isEqualTo("canary-token");
    for (String host :
        new String[] {
          "evil-api.example.com",
          "example.org",
          "api.example.com.evil.net",
          "evilexample.org",
          "127.0.0.1",
          ""
        }) {
      assertThat(to(host, 8443)).as(host).isEqualTo("keyturn:api");
    }
    assertThat(to("a.example.org", 443)).as("another port").isEqualTo("keyturn:api");
    assertThat(Resolution.of("test", "api.example.com", 443).text("keyturn:db2"))
        .as("a secret without hosts goes to none")
        .isEqualTo("keyturn:db2");
  }

  private static String to(String host, int port) {
    return Resolution.of("test", host, port).text("keyturn:api");
  }

  @Test
  void knows_a_stand_in_when_it_sees_one() {
    assertThat(Resolution.in("a keyturn:x")).isTrue();
    assertThat(Resolution.in("keyturn%3Ax".toCharArray())).isTrue();
    assertThat(Resolution.in("keyturn:x".getBytes(StandardCharsets.UTF_8))).isTrue();
    assertThat(Resolution.in(Map.of("a", "keyturn:x"))).isTrue();
    assertThat(Resolution.in("keyturn")).isFalse();
    assertThat(Resolution.in("keykeyturn".toCharArray())).isFalse();
    assertThat(Resolution.in("xxxkeyturn".getBytes(StandardCharsets.UTF_8))).isFalse();
    assertThat(Resolution.in(null)).isFalse();
    assertThat(Resolution.in(Map.of("keyturn:x", "a"))).isFalse();
  }
}
