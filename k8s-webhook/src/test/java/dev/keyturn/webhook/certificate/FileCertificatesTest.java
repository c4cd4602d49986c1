package dev.keyturn.webhook.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.webhook.log.TestLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /** By the tool that most people make them with: it reads our certificates, and we its keys. */
  @ParameterizedTest
  @CsvSource({
    "EC, ecparam -name prime256v1 -genkey -out",
    "EC, genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out",
    "RSA, genrsa -traditional -out",
    "RSA, genpkey -algorithm RSA -out",
    "EdDSA, genpkey -algorithm ed25519 -out",
  })
  void keysAreReadInTheFormsThatOpenSslWrites(String algorithm, String command) throws Exception {
    openssl(command + " tls.key");
    openssl("req -x509 -key tls.key -out tls.crt -days 2 -subj /CN=localhost");
    ServerCertificate read = new FileCertificates(directory).current();
    assertThat(read.key().getAlgorithm()).isEqualTo(algorithm);
  }

  @Test
  void openSslTrustsWhatTheAuthorityHasMade() throws Exception {
    TestCertificates.write(certificates.forLocalhost(), directory);
    certificates.writeAuthority(directory.resolve("ca.crt"));
    assertThat(
            openssl(
                "verify -x509_strict -purpose sslserver -verify_hostname localhost"
                    + " -CAfile ca.crt tls.crt"))
        .contains("tls.crt: OK");
    assertThat(openssl("x509 -in tls.crt -noout -text"))
        .contains(
            "Version: 3 (0x2)",
            "Signature Algorithm: ecdsa-with-SHA256",
            "X509v3 Basic Constraints: critical",
            "CA:FALSE",
            "Digital Signature",
            "TLS Web Server Authentication",
            "DNS:localhost");
    assertThat(openssl("x509 -in ca.crt -noout -text"))
        .contains("CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign");
  }

  private String openssl(String arguments) throws Exception {
    var command = new ArrayList<String>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ", -1)));
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw new AssertionError("openssl is missing (Debian: apt-get install openssl)", e);
    }
    String said = process.inputReader().lines().collect(java.util.stream.Collectors.joining("\n"));
    assertThat(process.waitFor()).as(said).isZero();
    return said;
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
          .hasMessageContaining("private key")
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
