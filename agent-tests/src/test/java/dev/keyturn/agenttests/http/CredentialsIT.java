package dev.keyturn.agenttests.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import dev.keyturn.mount.HandMadeMount.File;
import java.io.DataInputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an Authenticator answers, TLS, and what no header can carry. */
class CredentialsIT {
  /** The version of the protocol that has nothing random in what a client answers. */
  private static final String NTLM_1 = "-Dntlm.version=NTLM";

  @TempDir Path scratch;

  static List<Jvm> oldestAndNewest() {
    return Jvm.oldestAndNewest();
  }

  private static String challenge(RecordingServer.Request request, String scheme) {
    return request.headers().containsKey("Authorization")
        ? null
        : "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: "
            + scheme
            + "\r\nContent-Length: 0\r\n\r\n";
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void an_Authenticator_with_stand_ins_answers_a_Basic_challenge_of_hosts_that_may_have_them(
      Jvm jvm) throws Exception {
    for (String client :
        jvm.release() < 11
            ? List.of("http/UrlConnection")
            : List.of("http/UrlConnection", "http/JavaNetHttp")) {
      try (RecordingServer server =
              new RecordingServer(
                  ServerSocketFactory.getDefault(), one -> challenge(one, "Basic realm=\"x\""));
          Application app =
              Application.of(client).jvm(jvm).start(scratch, Api.ONE.to("localhost"))) {
        app.ask("challenged " + server.url("localhost"));
        assertThat(server.last().header("Authorization")).isEqualTo(Api.ONE.basic());
        // The JDK keeps the header for later requests, with the stand-ins.
        app.rotate(Api.TWO.to("localhost"));
        app.ask("challenged " + server.url("localhost"));
        assertThat(server.last().header("Authorization")).isEqualTo(Api.TWO.basic());
        app.ask("challenged " + server.url("127.0.0.1"));
        assertThat(server.last().header("Authorization")).isEqualTo(Api.STAND_INS.basic());
        assertThat(app.onHeap(Api.ONE.canaries())).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void an_Authenticator_with_stand_ins_answers_a_Digest_challenge(Jvm jvm) throws Exception {
    try (RecordingServer server =
            new RecordingServer(
                ServerSocketFactory.getDefault(),
                one -> challenge(one, "Digest realm=\"x\", nonce=\"n\""));
        Application app =
            Application.of("http/UrlConnection")
                .jvm(jvm)
                .jvmOptions("-Dhttp.auth.digest.reEnabledAlgorithms=MD5")
                .start(scratch, Api.ONE.to("localhost"))) {
      app.ask("challenged " + server.url("localhost"));
      assertDigest(server.last().header("Authorization"), Api.ONE);
      app.rotate(Api.TWO.to("localhost"));
      app.ask("challenged " + server.url("localhost"));
      assertDigest(server.last().header("Authorization"), Api.TWO);
      // Whoever else asks gets what the application has said.
      assertThat(app.ask("asked")).isEqualTo("keyturn:api/user keyturn:api/password");
      assertThat(app.err()).doesNotContain("keyturn: s");
      assertThat(app.onHeap(Api.ONE.password(), Api.TWO.password())).isEmpty();
    }
  }

  /** RFC 2617, 3.2.2.1, without qop. */
  private static void assertDigest(String header, Api api) throws Exception {
    assertThat(header).contains("username=\"" + api.user() + "\"");
    Matcher response = Pattern.compile("response=\"(\\w+)\"").matcher(header);
    assertThat(response.find()).isTrue();
    String expected = md5(md5(api.user() + ":x:" + api.password()) + ":n:" + md5("GET:/"));
    assertThat(response.group(1)).isEqualTo(expected);
  }

  private static String md5(String text) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void an_Authenticator_with_stand_ins_answers_an_NTLM_challenge_as_one_with_the_values(Jvm jvm)
      throws Exception {
    List<String> expected = new ArrayList<>();
    for (Api api : List.of(Api.ONE, Api.TWO)) {
      try (RecordingServer server =
              new RecordingServer(ServerSocketFactory.getDefault(), CredentialsIT::challengeNtlm);
          Application app =
              Application.of("http/UrlConnection")
                  .jvm(jvm)
                  .jvmOptions(NTLM_1)
                  .withoutAgent()
                  .arguments(api.user(), api.password())
                  .start(scratch)) {
        app.ask("challenged " + server.url("localhost"));
        expected.add(server.last().header("Authorization"));
      }
    }
    try (RecordingServer server =
            new RecordingServer(ServerSocketFactory.getDefault(), CredentialsIT::challengeNtlm);
        Application app =
            Application.of("http/UrlConnection")
                .jvm(jvm)
                .jvmOptions(NTLM_1)
                .start(scratch, Api.ONE.to("localhost"))) {
      app.ask("challenged " + server.url("localhost"));
      assertThat(server.last().header("Authorization")).isEqualTo(expected.get(0));
      app.rotate(Api.TWO.to("localhost"));
      app.ask("challenged " + server.url("127.0.0.1"));
      assertThat(server.last().header("Authorization")).isEqualTo(expected.get(1));
      assertThat(app.err()).doesNotContain("keyturn: s");
    }
  }

  /** What asks for the two messages of a client (MS-NLMP, 2.2.1), always with the same nonce. */
  private static String challengeNtlm(RecordingServer.Request request) {
    String sent = request.header("Authorization");
    byte[] message =
        sent.startsWith("NTLM ") ? Base64.getDecoder().decode(sent.substring(5)) : new byte[9];
    if (message[8] == 3) {
      return null;
    }
    byte[] challenge = new byte[48];
    System.arraycopy("NTLMSSP\0".getBytes(StandardCharsets.US_ASCII), 0, challenge, 0, 8);
    challenge[8] = 2;
    challenge[20] = 1; // texts are Unicode
    return "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM"
        + (message[8] == 1 ? " " + Base64.getEncoder().encodeToString(challenge) : "")
        + "\r\nContent-Length: 0\r\n\r\n";
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void an_Authenticator_with_stand_ins_logs_in_to_a_SOCKS_proxy(Jvm jvm) throws Exception {
    try (ServerSocket proxy = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        Application app =
            Application.of("http/UrlConnection").jvm(jvm).start(scratch, Api.ONE.to("localhost"))) {
      LinkedBlockingQueue<String> logins = new LinkedBlockingQueue<>();
      Thread.ofVirtual().start(() -> acceptLogins(proxy, logins));
      app.ask("socks " + proxy.getLocalPort());
      assertThat(logins.poll(10, TimeUnit.SECONDS)).isEqualTo("canary-user-1 canary-password-1");
      app.rotate(Api.TWO.to("localhost"));
      app.ask("socks " + proxy.getLocalPort());
      assertThat(logins.poll(10, TimeUnit.SECONDS)).isEqualTo("canary-user-2 canary-password-2");
      assertThat(app.onHeap(Api.ONE.password(), Api.TWO.password())).isEmpty();
    }
  }

  /** RFC 1928 and 1929. */
  private static void acceptLogins(ServerSocket proxy, LinkedBlockingQueue<String> logins) {
    while (true) {
      try (Socket socket = proxy.accept()) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        in.readByte();
        in.skipNBytes(in.readByte());
        socket.getOutputStream().write(new byte[] {5, 2});
        in.readByte();
        String user = new String(in.readNBytes(in.readByte()), StandardCharsets.UTF_8);
        String password = new String(in.readNBytes(in.readByte()), StandardCharsets.UTF_8);
        logins.add(user + " " + password);
        socket.getOutputStream().write(new byte[] {1, 0});
        in.readNBytes(4);
        in.skipNBytes(in.readByte() + 2);
        socket.getOutputStream().write(new byte[] {5, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        in.read();
      } catch (Exception e) {
        return;
      }
    }
  }

  @Test
  void over_TLS_too() throws Exception {
    Path store = scratch.resolve("store.p12");
    new ProcessBuilder(
            Jvm.own().home().resolve("bin/keytool").toString(),
            "-genkeypair",
            "-keystore",
            store.toString(),
            "-storepass",
            "not-secret",
            "-alias",
            "it",
            "-keyalg",
            "EC",
            "-dname",
            "CN=localhost",
            "-ext",
            "san=dns:localhost,ip:127.0.0.1")
        .inheritIO()
        .start()
        .waitFor();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(store)) {
      keys.load(in, "not-secret".toCharArray());
    }
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(keys, "not-secret".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    for (String client : List.of("http/UrlConnection", "http/JavaNetHttp")) {
      try (RecordingServer server =
              new RecordingServer(context.getServerSocketFactory(), request -> null);
          Application app =
              Application.of(client)
                  .jvmOptions(
                      "-Djavax.net.ssl.trustStore=" + store,
                      "-Djavax.net.ssl.trustStorePassword=not-secret")
                  .start(scratch, Api.ONE.to("localhost:" + server.port()))) {
        app.ask("get https://localhost:" + server.port() + "/");
        assertThat(server.last().header("X-Token")).isEqualTo(Api.ONE.token());
        app.rotate(Api.TWO.to("localhost:" + server.port()));
        app.ask("get https://localhost:" + server.port() + "/");
        assertThat(server.last().header("X-Token")).isEqualTo(Api.TWO.token());
        app.ask("get https://127.0.0.1:" + server.port() + "/");
        assertThat(server.last().header("X-Token")).isEqualTo("keyturn:api/token");
      }
    }
  }

  @Test
  void a_secret_with_a_line_break_is_put_into_no_header() throws Exception {
    File api =
        File.of(
                "api",
                "json",
                "{\"token\":\"canary\\r\\nX-Injected: yes\",\"user\":\"u\",\"password\":\"p\"}")
            .standIn()
            .hosts("localhost");
    try (RecordingServer server = new RecordingServer();
        Application app = Application.of("http/JavaNetHttp").start(scratch, api)) {
      app.ask("get " + server.url("localhost"));
      assertThat(server.last().header("X-Token")).isEqualTo("keyturn:api/token");
      assertThat(server.last().headers()).doesNotContainKey("X-Injected");
      assertThat(app.err())
          .contains("keyturn: secret [api] has a line break")
          .doesNotContain("canary");
    }
  }
}
