package dev.keyturn.sidecar.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.plan.Format;
import dev.keyturn.sidecar.OpenBao;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Keys that others made, read back by others: OpenSSL, keytool, and both ends of a TLS session. */
class CertificateFilesTest {
  private static final String PASSWORD = "changeit";

  /** How a leaf's key is made, and in which form it is stored. */
  private static final Map<String, String> KEYS =
      new TreeMap<>(
          Map.of(
              "rsa-pkcs1", "openssl genrsa -traditional -out KEY 2048",
              "rsa-pkcs8", "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out KEY",
              "p256-sec1", "openssl ecparam -name prime256v1 -genkey -out KEY",
              "p384-sec1", "openssl ecparam -name secp384r1 -genkey -noout -out KEY",
              "p521-sec1", "openssl ecparam -name secp521r1 -genkey -noout -out KEY",
              "p384-pkcs8",
                  "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out KEY",
              "ed25519", "openssl genpkey -algorithm ED25519 -out KEY"));

  @TempDir static Path pki;
  @TempDir Path files;

  /** A root, an intermediate CA, and a leaf for localhost with each kind of key. */
  @BeforeAll
  static void makeCertificates() throws Exception {
    Files.writeString(pki.resolve("ca.ext"), "basicConstraints=critical,CA:TRUE\n");
    Files.writeString(pki.resolve("leaf.ext"), "subjectAltName=DNS:localhost\n");
    String newKey = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
    run(
        pki,
        "openssl req -x509 %s -keyout root.key -out root.crt -subj /CN=root -days 30"
            .formatted(newKey));
    run(
        pki,
        "openssl req %s -keyout middle.key -out middle.csr -subj /CN=middle".formatted(newKey));
    sign("middle", "root", "ca");
    for (var key : KEYS.entrySet()) {
      String name = key.getKey();
      run(pki, key.getValue().replace("KEY", name + ".key"));
      run(pki, "openssl req -new -key %s.key -out %<s.csr -subj /CN=%<s".formatted(name));
      sign(name, "middle", "leaf");
    }
  }

  private static void sign(String name, String ca, String extensions) throws Exception {
    run(
        pki,
        "openssl x509 -req -in %s.csr -CA %s.crt -CAkey %<s.key -CAcreateserial -days 30 -out %1$s.crt -extfile %s.ext"
            .formatted(name, ca, extensions));
  }

  private static String run(Path directory, String command) throws Exception {
    Process process =
        new ProcessBuilder(command.strip().split(" +"))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(command + "\n" + output).isZero();
    return output;
  }

  private static String pki(String name) throws IOException {
    return Files.readString(pki.resolve(name));
  }

  /** As the PKI engine answers. */
  private static SortedMap<String, Field> issued(String name) throws IOException {
    SortedMap<String, Field> fields = new TreeMap<>();
    fields.put("certificate", Field.text(pki(name + ".crt")));
    fields.put("private_key", Field.text(pki(name + ".key")));
    fields.put("private_key_type", Field.text("any"));
    fields.put("issuing_ca", Field.text(pki("middle.crt")));
    try (SecretText json = new SecretText()) {
      Json.quote(pki("middle.crt"), json.append('['));
      Json.quote(pki("root.crt"), json.append(','));
      fields.put(
          "ca_chain", Field.json(new String(json.append(']').toUtf8(), StandardCharsets.UTF_8)));
    }
    return fields;
  }

  private static byte[] render(Format format, SortedMap<String, Field> fields) throws Exception {
    List<String> warnings = new ArrayList<>();
    byte[] file = render(format, fields, warnings);
    assertThat(warnings).isEmpty();
    return file;
  }

  private static byte[] render(
      Format format, SortedMap<String, Field> fields, List<String> warnings) throws Exception {
    return Renderer.render("vault:pki/issue/web", format, PASSWORD, fields, warnings::add);
  }

  private Path write(String name, byte[] content) throws IOException {
    return Files.write(files.resolve(name), content);
  }

  private static KeyStore open(Format format, byte[] store) throws Exception {
    KeyStore opened = KeyStore.getInstance(format.name());
    opened.load(new ByteArrayInputStream(store), PASSWORD.toCharArray());
    return opened;
  }

  private static List<X509Certificate> certificates(String... names) throws Exception {
    List<X509Certificate> certificates = new ArrayList<>();
    for (String name : names) {
      certificates.addAll(parse(Files.readAllBytes(pki.resolve(name + ".crt"))));
    }
    return certificates;
  }

  private static List<X509Certificate> parse(byte[] pem) throws Exception {
    List<X509Certificate> parsed = new ArrayList<>();
    // What is no certificate, such as the key, this reader does not skip.
    String text = new String(pem, StandardCharsets.US_ASCII);
    text = text.substring(text.indexOf("-----BEGIN CERTIFICATE"));
    for (Certificate certificate :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)))) {
      parsed.add((X509Certificate) certificate);
    }
    return parsed;
  }

  static Stream<String> keys() {
    return KEYS.keySet().stream();
  }

  static Stream<Arguments> stores() {
    return KEYS.keySet().stream()
        .flatMap(key -> Stream.of(Arguments.of(key, Format.PKCS12), Arguments.of(key, Format.JKS)));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void a_pem_file_is_a_key_its_certificate_and_its_issuers_without_the_root(String key)
      throws Exception {
    byte[] pem = render(Format.PEM, issued(key));
    assertThat(new String(pem, StandardCharsets.US_ASCII))
        .startsWith("-----BEGIN PRIVATE KEY-----");
    assertThat(parse(pem)).isEqualTo(certificates(key, "middle"));
    Path file = write("tls.pem", pem);
    assertThat(run(files, "openssl pkey -in tls.pem -pubout"))
        .isEqualTo(run(pki, "openssl x509 -in %s.crt -noout -pubkey".formatted(key)));

    try (OpensslServer server = new OpensslServer(file)) {
      assertThat(server.greet(trusting(certificates("root")))).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @MethodSource("stores")
  void a_store_has_one_key_with_its_whole_chain(String key, Format format) throws Exception {
    byte[] store = render(format, issued(key));
    KeyStore opened = open(format, store);
    assertThat(Collections.list(opened.aliases())).containsExactly("keyturn");
    assertThat(opened.getCertificateChain("keyturn"))
        .containsExactlyElementsOf(certificates(key, "middle", "root"));

    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(opened, PASSWORD.toCharArray());
    assertThat(handshake(keys.getKeyManagers(), trusting(certificates("root"))))
        .isEqualTo(certificates(key).getFirst());
  }

  @ParameterizedTest
  @MethodSource("stores")
  void every_java_opens_a_store(String key, Format format) throws Exception {
    Path store = write("store", render(format, issued(key)));
    for (Path home : javas(format)) {
      String keytool = home.resolve("bin/keytool").toString();
      String list =
          run(
              files,
              "%s -list -v -keystore %s -storetype %s -storepass changeit"
                  .formatted(keytool, store, format));
      assertThat(list)
          .contains("keyturn", "PrivateKeyEntry", "chain length: 3", "CN=" + key)
          .containsOnlyOnce("Alias name");
    }
  }

  /** Java 8 since update 301 and all newer ones know PKCS#12 as everybody writes it today. */
  private static List<Path> javas(Format format) {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.exists(here.resolve("bin/tools"))) {
      here = here.getParent();
    }
    String tools = System.getenv().getOrDefault("KEYTURN_TOOLS", here.resolve(".tools").toString());
    Path jre = Path.of(System.getProperty("KEYTURN_TOOLS", tools), "jre");
    assertThat(jre).as("run bin/tools").isDirectory();
    return List.of(
        jre.resolve(format == Format.JKS ? "8" : "11"), Path.of(System.getProperty("java.home")));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void openssl_opens_a_pkcs12_store(String key) throws Exception {
    write("store.p12", render(Format.PKCS12, issued(key)));
    run(files, "openssl pkcs12 -in store.p12 -passin pass:changeit -nodes -out all.pem");
    assertThat(run(files, "openssl pkey -in all.pem -pubout"))
        .isEqualTo(run(pki, "openssl x509 -in %s.crt -noout -pubkey".formatted(key)));
    assertThat(run(files, "openssl pkcs12 -in store.p12 -passin pass:changeit -nodes -info"))
        .contains("MAC: sha256", "PBES2, PBKDF2, AES-256-CBC", "friendlyName: keyturn")
        .contains("CN = middle", "CN = root");
  }

  @ParameterizedTest
  @MethodSource("stores")
  void the_same_fields_give_the_same_bytes(String key, Format format) throws Exception {
    assertThat(render(format, issued(key))).isEqualTo(render(format, issued(key)));
  }

  @Test
  void another_password_is_refused() throws Exception {
    for (Format format : List.of(Format.PKCS12, Format.JKS)) {
      byte[] store = Renderer.render("x", format, "another-1", issued("p256-sec1"), warning -> {});
      assertThatThrownBy(() -> open(format, store)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void a_kubernetes_secret_is_read_by_its_names() throws Exception {
    SortedMap<String, Field> fields = new TreeMap<>();
    fields.put("tls.crt", Field.text(pki("rsa-pkcs1.crt") + pki("middle.crt")));
    fields.put("tls.key", Field.text(pki("rsa-pkcs1.key")));
    fields.put("ca.crt", Field.text(pki("root.crt")));
    assertThat(parse(render(Format.PEM, fields))).isEqualTo(certificates("rsa-pkcs1", "middle"));
    assertThat(open(Format.PKCS12, render(Format.PKCS12, fields)).getCertificateChain("keyturn"))
        .hasSize(3);
  }

  @Test
  void a_chain_is_put_in_order_and_what_does_not_belong_to_it_is_left_out() throws Exception {
    SortedMap<String, Field> fields = new TreeMap<>();
    fields.put("private_key", Field.text(pki("ed25519.key")));
    fields.put(
        "certificate",
        Field.text(
            pki("root.crt") + pki("middle.crt") + pki("p256-sec1.crt") + pki("ed25519.crt")));
    fields.put("ca_chain", Field.text("text between\n" + pki("root.crt") + pki("middle.crt")));
    assertThat(open(Format.JKS, render(Format.JKS, fields)).getCertificateChain("keyturn"))
        .containsExactlyElementsOf(certificates("ed25519", "middle", "root"));
  }

  @Test
  void certificates_without_a_key_are_a_trust_store() throws Exception {
    SortedMap<String, Field> fields = new TreeMap<>();
    fields.put("certificate", Field.text(pki("root.crt")));
    fields.put("ca_chain", Field.text(pki("root.crt") + pki("middle.crt")));
    assertThat(parse(render(Format.PEM, fields))).isEqualTo(certificates("root", "middle"));

    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(open(Format.JKS, render(Format.JKS, issued("rsa-pkcs8"))), PASSWORD.toCharArray());
    for (Format format : List.of(Format.PKCS12, Format.JKS)) {
      byte[] store = render(format, fields);
      assertThat(store).isEqualTo(render(format, fields));
      KeyStore opened = open(format, store);
      assertThat(opened.isCertificateEntry("keyturn-1")).isTrue();
      assertThat(opened.getCertificate("keyturn-2")).isEqualTo(certificates("middle").getFirst());
      assertThat(handshake(keys.getKeyManagers(), trusted(opened)))
          .isEqualTo(certificates("rsa-pkcs8").getFirst());
      Path file = write("trust", store);
      for (Path home : javas(format)) {
        assertThat(
                run(
                    files,
                    "%s -list -keystore %s -storetype %s -storepass changeit"
                        .formatted(home.resolve("bin/keytool"), file, format)))
            .contains("keyturn-1", "keyturn-2", "trustedCertEntry");
      }
    }
  }

  @Test
  void a_key_of_another_certificate_is_refused() throws Exception {
    for (String[] pair :
        new String[][] {
          {"rsa-pkcs1", "rsa-pkcs8"}, {"p384-sec1", "p384-pkcs8"}, {"ed25519", "p256-sec1"}
        }) {
      SortedMap<String, Field> fields = issued(pair[0]);
      fields.put("private_key", Field.text(pki(pair[1] + ".key")));
      String serial =
          run(pki, "openssl x509 -in %s.crt -noout -serial".formatted(pair[0]))
              .strip()
              .substring("serial=".length());
      assertThatThrownBy(() -> render(Format.PEM, fields))
          .isInstanceOf(FetchException.class)
          .hasMessageContaining("'private_key' belongs to no certificate")
          .satisfies(e -> assertThat(e.getMessage().replace(":", "")).containsIgnoringCase(serial));
    }
  }

  @Test
  void what_is_missing_or_broken_is_refused_and_named() throws Exception {
    refused(Map.of("certificate", ""), "has no certificate in PEM form", "'tls.crt'");
    refused(Map.of("certificate", "canary"), "has no certificate in PEM form");
    refused(Map.of("private_key", ""), "no private key in PEM form in 'private_key'");
    refused(
        Map.of("private_key", pki("p256-sec1.key").replaceAll("-----END.*", "")),
        "'private_key' holds a BEGIN line without its END line");
    refused(
        Map.of("private_key", "-----BEGIN PRIVATE KEY-----\ncanar\n-----END PRIVATE KEY-----"),
        "'private_key' holds a block that is not base64");
    refused(
        Map.of("private_key", "-----BEGIN PRIVATE KEY-----\ncanary00\n-----END PRIVATE KEY-----"),
        "belongs to no certificate there is",
        "or is broken");
    refused(
        Map.of("certificate", "-----BEGIN CERTIFICATE-----\ncanary00\n-----END CERTIFICATE-----"),
        "a certificate in 'certificate' and",
        "is broken");
    SortedMap<String, Field> alone = new TreeMap<>();
    alone.put("private_key", Field.text(pki("p256-sec1.key")));
    assertThatThrownBy(() -> render(Format.JKS, alone))
        .hasMessageContaining("has no certificate in PEM form");
  }

  @Test
  void an_encrypted_key_is_refused() throws Exception {
    run(
        pki,
        "openssl rsa -traditional -aes128 -passout pass:canary -in rsa-pkcs1.key -out old.key");
    run(pki, "openssl pkcs8 -topk8 -passout pass:canary -in rsa-pkcs1.key -out new.key");
    refused(Map.of("private_key", pki("old.key")), "encrypted", "store it decrypted");
    refused(Map.of("private_key", pki("new.key")), "encrypted", "store it decrypted");
  }

  private static void refused(Map<String, String> changes, String... words) throws Exception {
    SortedMap<String, Field> fields = issued("p256-sec1");
    if (changes.containsKey("certificate")) {
      fields
          .keySet()
          .removeAll(
              changes.getOrDefault("certificate", "").contains("BEGIN")
                  ? List.of()
                  : List.of("ca_chain", "issuing_ca"));
    }
    changes.forEach((name, text) -> fields.put(name, Field.text(text)));
    for (Format format : List.of(Format.PEM, Format.PKCS12, Format.JKS)) {
      assertThatThrownBy(() -> render(format, fields))
          .isInstanceOf(FetchException.class)
          .hasMessageStartingWith("vault:pki/issue/web")
          .hasMessageContainingAll(words)
          .hasMessageNotContaining("canar")
          .satisfies(e -> assertThat(((FetchException) e).permanent()).isTrue());
    }
  }

  @Test
  void an_expired_certificate_is_published_with_a_warning() throws Exception {
    run(
        files,
        "keytool -genkeypair -alias x -keyalg EC -dname CN=old -startdate -10d -validity 3 -keystore old.p12 -storepass changeit");
    run(files, "openssl pkcs12 -in old.p12 -passin pass:changeit -nodes -out old.pem");
    String pem = Files.readString(files.resolve("old.pem"));
    SortedMap<String, Field> fields = new TreeMap<>();
    fields.put("tls.crt", Field.text(pem));
    fields.put("tls.key", Field.text(pem));
    List<String> warnings = new ArrayList<>();
    byte[] file = render(Format.PEM, fields, warnings);
    assertThat(parse(file)).hasSize(1); // its own issuer, and still there
    assertThat(warnings)
        .singleElement()
        .asString()
        .contains("vault:pki/issue/web", "CN=old", "it is published all the same", "until");
  }

  @Test
  void a_set_wipes_its_key() throws Exception {
    CertificateSet set = CertificateSet.of("x", issued("p256-sec1"));
    assertThat(set.key()).isNotEqualTo(new byte[set.key().length]);
    set.close();
    assertThat(set.key()).isEqualTo(new byte[set.key().length]);
  }

  @Test
  void what_the_pki_engine_issues_becomes_a_matching_set(@TempDir Path directory) throws Exception {
    try (OpenBao bao = OpenBao.start(directory)) {
      bao.call("POST", "sys/mounts/pki", "{\"type\":\"pki\"}");
      bao.call("POST", "sys/mounts/middle", "{\"type\":\"pki\"}");
      SortedMap<String, Field> root =
          data(bao.call("POST", "pki/root/generate/internal", "{\"common_name\":\"bao root\"}"));
      SortedMap<String, Field> request =
          data(
              bao.call(
                  "POST",
                  "middle/intermediate/generate/internal",
                  "{\"common_name\":\"bao middle\"}"));
      SortedMap<String, Field> signed =
          data(
              bao.call(
                  "POST",
                  "pki/root/sign-intermediate",
                  "{\"common_name\":\"bao middle\",\"csr\":%s}"
                      .formatted(quoted(request.get("csr")))));
      String chain = text(signed.get("certificate")) + "\n" + text(root.get("certificate"));
      bao.call(
          "POST",
          "middle/intermediate/set-signed",
          "{\"certificate\":%s}".formatted(quoted(Field.text(chain))));
      for (String[] kind :
          new String[][] {{"rsa", "2048"}, {"ec", "256"}, {"ec", "521"}, {"ed25519", "0"}}) {
        bao.call(
            "POST",
            "middle/roles/web",
            "{\"allow_any_name\":true,\"ttl\":\"1h\",\"key_type\":\"%s\",\"key_bits\":%s}"
                .formatted(kind[0], kind[1]));
        SortedMap<String, Field> fields =
            data(bao.call("POST", "middle/issue/web", "{\"common_name\":\"localhost\"}"));
        assertThat(fields.get("ca_chain").kind()).isEqualTo(Field.Kind.JSON);
        List<X509Certificate> trusted = parse(root.get("certificate").value().bytes());
        for (Format format : List.of(Format.PKCS12, Format.JKS)) {
          KeyStore store = open(format, render(format, fields));
          assertThat(store.getCertificateChain("keyturn")).hasSize(3);
          KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
          keys.init(store, PASSWORD.toCharArray());
          assertThat(handshake(keys.getKeyManagers(), trusting(trusted)))
              .isEqualTo(parse(fields.get("certificate").value().bytes()).getFirst());
        }
        Path pem = write("bao.pem", render(Format.PEM, fields));
        try (OpensslServer server = new OpensslServer(pem)) {
          assertThat(server.greet(trusting(trusted))).isEqualTo("hello");
        }
      }
      // No key, and the engine says its own chain: a trust store.
      KeyStore trust =
          open(Format.PKCS12, render(Format.PKCS12, data(bao.call("GET", "middle/cert/ca", ""))));
      assertThat(trust.isCertificateEntry("keyturn-1")).isTrue();
    }
  }

  private static String text(Field field) {
    return new String(field.value().bytes(), StandardCharsets.UTF_8);
  }

  private static String quoted(Field field) {
    try (SecretText json = new SecretText()) {
      Json.quote(text(field), json);
      return new String(json.toUtf8(), StandardCharsets.UTF_8);
    }
  }

  /** The answer's data, field by field, as the sidecar reads it. */
  private static SortedMap<String, Field> data(String answer) {
    SortedMap<String, Field> fields = new TreeMap<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), answer)) {
      parser.nextToken();
      for (String key = parser.nextName(); key != null; key = parser.nextName()) {
        parser.nextToken();
        if (!key.equals("data")) {
          parser.skipChildren();
          continue;
        }
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
          if (parser.nextToken() == JsonToken.VALUE_STRING) {
            fields.put(name, Field.text(parser.getString()));
          } else {
            try (SecretText json = new SecretText()) {
              Json.copy(parser, json);
              fields.put(name, Field.json(new String(json.toUtf8(), StandardCharsets.UTF_8)));
            }
          }
        }
      }
    }
    return fields;
  }

  private static TrustManager[] trusting(List<X509Certificate> roots) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    for (X509Certificate root : roots) {
      store.setCertificateEntry(root.getSubjectX500Principal().getName(), root);
    }
    return trusted(store);
  }

  private static TrustManager[] trusted(KeyStore store) throws Exception {
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** The certificate that the client saw and accepted for localhost. */
  private static Certificate handshake(KeyManager[] keys, TrustManager[] trust) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, null, null);
    try (SSLServerSocket server =
        (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0)) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (SSLSocket socket = (SSLSocket) server.accept()) {
                  socket.startHandshake();
                } catch (IOException e) {
                  // The client says what went wrong.
                }
              });
      try (SSLSocket client = client(trust, server.getLocalPort())) {
        client.startHandshake();
        return client.getSession().getPeerCertificates()[0];
      }
    }
  }

  private static SSLSocket client(TrustManager[] trust, int port) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust, null);
    SSLSocket client = (SSLSocket) context.getSocketFactory().createSocket("localhost", port);
    SSLParameters parameters = client.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    client.setSSLParameters(parameters);
    client.setSoTimeout(10_000);
    return client;
  }

  /**
   * Takes the file for key, certificate and chain at once, with OpenSSL's call that nginx makes.
   */
  private static final class OpensslServer implements AutoCloseable {
    private static final String PROGRAM =
        """
        import socket, ssl, sys
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
        server = socket.create_server(("127.0.0.1", 0))
        print(server.getsockname()[1], flush=True)
        connection = context.wrap_socket(server.accept()[0], server_side=True)
        connection.sendall(b"hello\\n")
        connection.close()
        """;
    private final Process process;
    private final int port;

    OpensslServer(Path pem) throws IOException {
      process =
          new ProcessBuilder("python3", "-c", PROGRAM, pem.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      BufferedReader out = process.inputReader(StandardCharsets.US_ASCII);
      port = Integer.parseInt(out.readLine());
    }

    String greet(TrustManager[] trust) throws Exception {
      try (SSLSocket client = client(trust, port);
          InputStream in = client.getInputStream()) {
        return new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
      }
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }

  /** What a sidecar does whose plan has no certificates. */
  static final class RenderingJson {
    public static void main(String[] args) throws FetchException {
      SortedMap<String, Field> fields = new TreeMap<>();
      fields.put("a", Field.text("b"));
      byte[] json =
          Renderer.render(
              "x", args.length == 0 ? Format.JSON : Format.PEM, "changeit", fields, warning -> {});
      Arrays.fill(json, (byte) 0);
    }
  }

  @Test
  void other_formats_load_none_of_this() throws Exception {
    assertThat(classes("")).noneMatch(it -> it.contains("Certificate") || it.contains("Pkcs12"));
    assertThat(classes("pem")).anyMatch(it -> it.contains("CertificateFiles"));
  }

  private static List<String> classes(String argument) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xlog:class+load",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                RenderingJson.class.getName()));
    if (!argument.isEmpty()) {
      command.add(argument);
    }
    Process java = new ProcessBuilder(command).start();
    try (BufferedReader out = java.inputReader()) {
      return out.lines()
          .filter(line -> line.contains("dev.keyturn.sidecar.render"))
          .filter(line -> !line.contains("Test"))
          .toList();
    }
  }
}
