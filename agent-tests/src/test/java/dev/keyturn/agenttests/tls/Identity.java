package dev.keyturn.agenttests.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.mount.HandMadeMount;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.LinkedHashMap;

/** A private key and its certificate, signed by itself, and the files of a mount that hold them. */
record Identity(String name, Key key, X509Certificate certificate) {
  private static final char[] PASSWORD = "changeit".toCharArray();

  static {
    // As the writer of a mount's stores does: certificates are not encrypted.
    System.setProperty("keystore.pkcs12.certProtectionAlgorithm", "NONE");
  }

  static Identity make(String name, Path scratch) throws Exception {
    Path file = scratch.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                "-genkeypair",
                "-alias",
                "keyturn",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD),
                "-keystore",
                file.toString())
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return new Identity(
        name, store.getKey("keyturn", PASSWORD), (X509Certificate) store.getCertificate("keyturn"));
  }

  /** The key and the certificate. */
  HandMadeMount.File file(String file, String format) throws GeneralSecurityException, IOException {
    if (format.equals("pem")) {
      return file(file, format, (pem("PRIVATE KEY", key.getEncoded()) + pem()).getBytes(US_ASCII));
    }
    KeyStore store = KeyStore.getInstance(format);
    store.load(null, null);
    store.setKeyEntry("keyturn", key, PASSWORD, new X509Certificate[] {certificate});
    return file(file, format, bytes(store));
  }

  /** What others need to trust these. */
  static HandMadeMount.File trust(String file, String format, Identity... identities)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(format.equals("pem") ? "pkcs12" : format);
    store.load(null, null);
    StringBuilder pem = new StringBuilder();
    for (Identity identity : identities) {
      store.setCertificateEntry("keyturn-" + (store.size() + 1), identity.certificate);
      pem.append(identity.pem());
    }
    return file(
        file, format, format.equals("pem") ? pem.toString().getBytes(US_ASCII) : bytes(store));
  }

  private static HandMadeMount.File file(String name, String format, byte[] content) {
    return new HandMadeMount.File(name, format, content, new LinkedHashMap<>());
  }

  private static byte[] bytes(KeyStore store) throws GeneralSecurityException, IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    store.store(out, PASSWORD);
    return out.toByteArray();
  }

  private String pem() throws GeneralSecurityException {
    return pem("CERTIFICATE", certificate.getEncoded());
  }

  private static String pem(String kind, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(kind, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der), kind);
  }
}
