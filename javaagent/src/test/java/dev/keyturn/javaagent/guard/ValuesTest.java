package dev.keyturn.javaagent.guard;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Values in every form, at every place, and nothing where there is none. */
class ValuesTest {
  private static Values values(String... canaries) {
    return values(Arrays.stream(canaries).map(canary -> canary.getBytes(UTF_8)).toList());
  }

  private static Values values(List<byte[]> canaries) {
    Values.Builder builder = new Values.Builder();
    for (int i = 0; i < canaries.size(); i++) {
      assertThat(builder.add(new Values.Secret("s" + i, "", "1"), canaries.get(i))).isTrue();
    }
    return builder.build(20261124);
  }

  private static String masked(Values values, String text) {
    StringBuilder out = new StringBuilder();
    int from = 0;
    for (Values.Found found; (found = values.find(text, from)) != null; from = found.end) {
      out.append(text, from, found.start).append("(").append(found.secret).append(")");
    }
    return out.append(text.substring(from)).toString();
  }

  static Stream<String> canaries() {
    return Stream.of(
        "canary-1", // the shortest
        "canary-a-long-one-0123456789-0123456789-0123456789",
        "p@ss w0rd/with+every%thing?&=<>'\"\\ in:it",
        "\"\\/\b\f\n\r\t\u0001x\"",
        "canary%41%2fcanary",
        "canary\\u0041\\ncanary",
        "schlüssel-für-€-und-\uD83D\uDD11-ende",
        "ключ-ключ-ключ",
        "\uD83D\uDD11\uD83D\uDD11\uD83D\uDD11\uD83D\uDD11",
        "-----BEGIN CANARY-----\nQUJDREVGR0g=\n-----END CANARY-----");
  }

  static Stream<String> forms(String canary) throws Exception {
    String url = URLEncoder.encode(canary, UTF_8);
    String ascii = json(canary, true, false);
    return Stream.of(
        canary,
        url,
        url.replace("+", "%20"),
        url.replace("+", "%20").replace("*", "%2A").replace("%7E", "~"),
        lower(url),
        new URI("http", "host", "/" + canary, null)
            .toASCIIString()
            .substring("http://host/".length()),
        json(canary, false, false),
        json(canary, false, true),
        json(canary, false, false).replace("/", "\\/"),
        ascii,
        ascii.replace("<", "\\u003c").replace("&", "\\u0026").replace("=", "\\u003d"));
  }

  private static String lower(String url) {
    StringBuilder lower = new StringBuilder(url);
    for (int i = 0; i < url.length(); i++) {
      if (url.charAt(i) == '%') {
        lower.replace(i, i + 3, url.substring(i, i + 3).toLowerCase(java.util.Locale.ROOT));
      }
    }
    return lower.toString();
  }

  private static String json(String canary, boolean ascii, boolean html) {
    StringBuilder json = new StringBuilder();
    for (int i = 0; i < canary.length(); i++) {
      char c = canary.charAt(i);
      int control = "\b\f\n\r\t\"\\".indexOf(c);
      if (control >= 0) {
        json.append('\\').append("bfnrt\"\\".charAt(control));
      } else if (c < ' ' || (ascii && c > '~') || (html && "<>&='".indexOf(c) >= 0)) {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    return json.toString();
  }

  @ParameterizedTest
  @MethodSource("canaries")
  void aValueIsFoundInEveryFormAtEveryPlace(String canary) throws Exception {
    Values values = values(canary);
    for (String form : forms(canary).toList()) {
      for (int before = 0; before < 12; before++) {
        String start = "some log line ".substring(0, before);
        assertThat(masked(values, start + form + ", and more")).isEqualTo(start + "(s0), and more");
        assertThat(masked(values, start + form)).isEqualTo(start + "(s0)");
        assertThat(masked(values, form + start + form)).isEqualTo("(s0)" + start + "(s0)");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("canaries")
  void aValueIsFoundInBase64WhateverIsAroundIt(String canary) {
    Values values = values(canary);
    for (int before = 0; before < 8; before++) {
      for (int after = 0; after < 4; after++) {
        byte[] whole =
            ("user1234".substring(0, before) + canary + "tail".substring(0, after)).getBytes(UTF_8);
        for (Base64.Encoder encoder :
            List.of(
                Base64.getEncoder(),
                Base64.getUrlEncoder(),
                Base64.getEncoder().withoutPadding(),
                Base64.getMimeEncoder())) {
          String found =
              masked(values, "Basic " + encoder.encodeToString(whole) + " .").replace("\r\n", "");
          String left = found.replace("Basic ", "").replaceAll("[(=.\\s].*", "");
          assertThat(found).matches("Basic [A-Za-z0-9]*\\(s0\\)[A-Za-z0-9]*={0,2} \\.");
          // Not one bit of the value is left.
          assertThat(left.length() * 6).isLessThanOrEqualTo(before * 8);
        }
      }
    }
  }

  @Test
  void whatIsNoTextIsFoundAsBytesAndInBase64() {
    byte[] key = new byte[40];
    new Random(1).nextBytes(key);
    key[0] = (byte) 0xff;
    Values values = values(List.of(key));
    assertThat(masked(values, "a " + new String(key, ISO_8859_1) + " z")).isEqualTo("a (s0) z");
    assertThat(masked(values, "a " + Base64.getEncoder().encodeToString(key) + " z"))
        .isEqualTo("a (s0)== z");
  }

  @ParameterizedTest
  @MethodSource("canaries")
  void aValueIsFoundInBytesOfUtf8(String canary) {
    String octets = new String(("ä " + canary + " ö").getBytes(UTF_8), ISO_8859_1);
    assertThat(masked(values(canary), octets)).matches("..? \\(s0\\) ..?");
  }

  @Test
  void ofSeveralValuesTheFirstAndLongestIsFoundAndTheFirstNameStays() {
    Values.Builder builder = new Values.Builder();
    builder.add(new Values.Secret("db", "user", "7"), "canary-user".getBytes(UTF_8));
    builder.add(new Values.Secret("db", "password", "7"), "canary-password".getBytes(UTF_8));
    builder.add(new Values.Secret("db", "", "7"), "canary-user:canary-password\n".getBytes(UTF_8));
    builder.add(new Values.Secret("old", "user", "6"), "canary-user".getBytes(UTF_8));
    builder.add(new Values.Secret("db", "start", "7"), "canary-u".getBytes(UTF_8));
    Values values = builder.build(1);
    assertThat(masked(values, "canary-user:canary-password")).isEqualTo("(db)");
    assertThat(masked(values, "canary-user;canary-password;canary-usable"))
        .isEqualTo("(db/user);(db/password);(db/start)sable");
  }

  @Test
  void whatIsShorterThan8CharactersIsNotAdded() {
    Values.Builder builder = new Values.Builder();
    assertThat(builder.add(new Values.Secret("s", "k", ""), "1234567".getBytes(UTF_8))).isFalse();
    assertThat(builder.add(new Values.Secret("s", "k", ""), " 1234567\n".getBytes(UTF_8)))
        .isFalse();
    assertThat(builder.add(new Values.Secret("s", "k", ""), "äöüäöüä".getBytes(UTF_8))).isFalse();
    assertThat(builder.add(new Values.Secret("s", "k", ""), "".getBytes(UTF_8))).isTrue();
    assertThat(builder.build(1).isEmpty()).isTrue();
  }

  @Test
  void ordinaryTextIsLeftAlone() throws Exception {
    List<byte[]> canaries = new ArrayList<>();
    Random random = new Random(2);
    for (int i = 0; i < 1000; i++) {
      byte[] value = new byte[9 + random.nextInt(30)];
      random.nextBytes(value);
      canaries.add(Base64.getEncoder().encode(value));
    }
    canaries.add("password".getBytes(UTF_8));
    canaries.add("{\"username\":\"canary\",\"password\":\"canary-1\"}".getBytes(UTF_8));
    Values values = values(canaries);
    String text =
        "{\"username\":\"canary\",\"passw0rd\":\"canary-1\"} pass word passwort Password p%61ssworl "
            + Base64.getEncoder().encodeToString(new byte[3000])
            + "abcdefghijklmnopqrstuvwxyz".repeat(1000);
    assertThat(values.find(text, 0)).isNull();
    assertThat(masked(values, "my password is")).isEqualTo("my (s1000) is");
    // And each of the thousand is there.
    for (byte[] canary : canaries) {
      assertThat(values.find("x=" + new String(canary, UTF_8), 0)).isNotNull();
    }
  }

  @ParameterizedTest
  @MethodSource("canaries")
  void whereAValueIsTornOffIsKnown(String canary) throws Exception {
    Values values = values(canary);
    for (String form : forms(canary).toList()) {
      for (int seen = 4; seen < form.length(); seen++) {
        assertThat(values.torn("a line" + form.substring(0, seen))).isLessThanOrEqualTo(6);
      }
    }
    assertThat(values.torn("a line: nothing of it")).isEqualTo(21);
    assertThat(values.torn("a line")).isEqualTo(6);
  }
}
