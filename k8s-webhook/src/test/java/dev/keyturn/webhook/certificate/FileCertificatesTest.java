package dev.keyturn.webhook.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.webhook.log.TestLog;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FileCertificatesTest {
  @TempDir private Path directory;
  private TestCertificates certificates;
  private final TestLog log = new TestLog();

  @BeforeEach
  void makeAuthority() throws Exception {
    certificates = new TestCertificates();
  }

  @Test
  void aCertificateAndItsKeyAreRead() throws Exception {
    ServerCertificate certificate = certificates.forLocalhost();
    TestCertificates.write(certificate, directory);
    ServerCertificate read = new FileCertificates(directory).current();
    assertThat(read.chain()).isEqualTo(certificate.chain());
    assertThat(read.key().getEncoded()).isEqualTo(certificate.key().getEncoded());
  }

  @Test
  void anEllipticKeyIsReadAsOpenSslAndGoWriteIt() throws Exception {
    ServerCertificate certificate = certificates.forLocalhost();
    TestCertificates.write(certificate, directory);
    // SEC 1 with the curve's name, which PKCS#8 has outside of the key (RFC 5915).
    var key = PrivateKeyInfo.getInstance(certificate.key().getEncoded());
    var inner = org.bouncycastle.asn1.sec.ECPrivateKey.getInstance(key.parsePrivateKey());
    var sec1 =
        new org.bouncycastle.asn1.sec.ECPrivateKey(
            256, inner.getKey(), key.getPrivateKeyAlgorithm().getParameters());
    var text = new StringWriter();
    try (var writer = new PemWriter(text)) {
      writer.writeObject(new PemObject("EC PRIVATE KEY", sec1.getEncoded()));
    }
    Files.writeString(directory.resolve("tls.key"), text.toString());
    assertThat(new FileCertificates(directory).current().chain()).isEqualTo(certificate.chain());
  }

  @Test
  void aKeyOfAnotherCertificateIsRefused() throws Exception {
    TestCertificates.write(certificates.forLocalhost(), directory);
    String certificate = Files.readString(directory.resolve("tls.crt"));
    TestCertificates.write(certificates.forLocalhost(), directory);
    Files.writeString(directory.resolve("tls.crt"), certificate);
    assertThatThrownBy(() -> new FileCertificates(directory).current())
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining("the key is not that of the first certificate");
  }

  @Test
  void whatIsNoKeyIsNotRepeated() throws Exception {
    TestCertificates.write(certificates.forLocalhost(), directory);
    for (String key :
        new String[] {
          "canary-4711",
          "-----BEGIN PRIVATE KEY-----\ncanary+4711\n-----END PRIVATE KEY-----\n",
          Files.readString(directory.resolve("tls.crt")),
          "-----BEGIN EC PRIVATE KEY-----\nY2FuYXJ5\n-----END EC PRIVATE KEY-----\n",
        }) {
      Files.writeString(directory.resolve("tls.key"), key);
      assertThatThrownBy(() -> new FileCertificates(directory).current())
          .isInstanceOf(CertificateException.class)
          .hasMessageContaining("private key in PEM form")
          .hasMessageNotContaining("canary")
          .hasNoCause();
    }
  }

  @Test
  void missingFilesAreNamed() {
    assertThatThrownBy(() -> new FileCertificates(directory).current())
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining("cannot read tls.crt and tls.key in " + directory);
  }

  @Test
  void aMountedSecretIsReadAsOneGeneration() throws Exception {
    Path first = Files.createDirectory(directory.resolve("..first"));
    ServerCertificate certificate = certificates.forLocalhost();
    TestCertificates.write(certificate, first);
    Files.createSymbolicLink(directory.resolve("..data"), first.getFileName());
    assertThat(new FileCertificates(directory).current().chain()).isEqualTo(certificate.chain());
  }

  @Test
  void theKeeperPassesOnEachNewCertificateAndKeepsTheOldOneThroughABrokenOne() throws Exception {
    ServerCertificate first = certificates.forLocalhost();
    TestCertificates.write(first, directory);
    var passedOn = new LinkedBlockingQueue<ServerCertificate>();
    try (var _ =
        new CertificateKeeper(
            new FileCertificates(directory),
            first,
            passedOn::add,
            Duration.ofMillis(5),
            log.log())) {
      Files.writeString(directory.resolve("tls.crt"), "broken");
      while (!log.text().contains("certificate-not-replaced")) {
        Thread.sleep(5);
      }
      assertThat(passedOn).isEmpty();

      ServerCertificate second = certificates.forLocalhost();
      TestCertificates.write(second, directory);
      ServerCertificate found = passedOn.poll(20, TimeUnit.SECONDS);
      assertThat(found.chain()).isEqualTo(second.chain());
    }
    // The same failure is told once, however often it is met.
    assertThat(log.lines().stream().filter(line -> line.contains("there is no certificate")))
        .hasSize(1);
  }
}
