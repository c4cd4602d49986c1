package dev.keyturn.agenttests.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ServerSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The AWS SDK's requests, whose signatures a server checks as AWS does (Signature Version 4). */
class AwsIT {
  private static final String[] SDK = {
    "sts",
    "aws-core",
    "sdk-core",
    "auth",
    "regions",
    "profiles",
    "utils",
    "utils-lite",
    "identity-spi",
    "http-auth",
    "http-auth-aws",
    "http-auth-spi",
    "http-client-spi",
    "endpoints-spi",
    "metrics-spi",
    "retries",
    "retries-spi",
    "checksums",
    "checksums-spi",
    "protocol-core",
    "aws-query-protocol",
    "json-utils",
    "third-party-jackson-core",
    "eventstream",
    "http-auth-aws-eventstream",
    "reactive-streams",
    "slf4j-api",
    "url-connection-client",
  };

  @TempDir Path scratch;

  /** One version of a key. */
  record Key(String id, String secret, String token) {
    static final Key ONE = new Key("CANARYID1", "canary-aws-1", "canary-session-1");
    static final Key TWO = new Key("CANARYID2", "canary-aws-2", "canary-session-2");

    File file() {
      // No hosts: a plan says nothing of where a signature goes.
      return File.of(
              "aws",
              "json",
              "{\"id\":\"%s\",\"key\":\"%s\",\"token\":\"%s\"}".formatted(id, secret, token))
          .env("AWS_ACCESS_KEY_ID", "id")
          .env("AWS_SECRET_ACCESS_KEY", "key")
          .env("AWS_SESSION_TOKEN", "token")
          .standIn();
    }
  }

  private static String identity(RecordingServer.Request request) {
    String body =
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account>"
            + "</GetCallerIdentityResult></GetCallerIdentityResponse>";
    return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  @Test
  void each_request_is_signed_with_the_current_key() throws Exception {
    try (RecordingServer sts =
            new RecordingServer(ServerSocketFactory.getDefault(), AwsIT::identity);
        Application app =
            Application.of("http/Aws")
                .with(SDK)
                .arguments("http://localhost:" + sts.port())
                .start(scratch, Key.ONE.file())) {
      for (String credentials : new String[] {"basic", "session", "environment"}) {
        app.rotate(Key.ONE.file());
        app.ask(credentials);
        assertSigned(sts.last(), Key.ONE, !credentials.equals("basic"));
        app.rotate(Key.TWO.file());
        app.ask(credentials);
        assertSigned(sts.last(), Key.TWO, !credentials.equals("basic"));
      }
      assertThat(app.err()).doesNotContain("keyturn: s");
      System.out.println(
          "HEAP aws "
              + app.onHeap("canary-aws-1", "canary-aws-2", "canary-session-1", "canary-session-2"));
    }
  }

  private static void assertSigned(RecordingServer.Request request, Key key, boolean session)
      throws Exception {
    String authorization = request.header("Authorization");
    Map<String, String> parts =
        Arrays.stream(authorization.substring(authorization.indexOf(' ') + 1).split(", *", -1))
            .map(part -> part.split("=", 2))
            .collect(Collectors.toMap(part -> part[0], part -> part[1]));
    String credential = parts.get("Credential");
    assertThat(credential).startsWith(key.id + "/");
    assertThat(request.header("X-Amz-Security-Token")).isEqualTo(session ? key.token : "(none)");
    String[] scope = credential.split("/", -1);
    String canonical =
        Stream.of(
                "POST",
                request.target(),
                "",
                Arrays.stream(parts.get("SignedHeaders").split(";", -1))
                    .map(name -> name + ":" + request.header(name) + "\n")
                    .collect(Collectors.joining()),
                parts.get("SignedHeaders"),
                sha256(request.body()))
            .collect(Collectors.joining("\n"));
    String toSign =
        String.join(
            "\n",
            "AWS4-HMAC-SHA256",
            request.header("X-Amz-Date"),
            String.join("/", scope[1], scope[2], scope[3], scope[4]),
            sha256(canonical));
    byte[] derived = ("AWS4" + key.secret).getBytes(StandardCharsets.UTF_8);
    for (int i = 1; i < scope.length; i++) {
      derived = hmac(derived, scope[i]);
    }
    assertThat(parts.get("Signature")).isEqualTo(HexFormat.of().formatHex(hmac(derived, toSign)));
  }

  private static String sha256(String text) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] hmac(byte[] key, String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }
}
