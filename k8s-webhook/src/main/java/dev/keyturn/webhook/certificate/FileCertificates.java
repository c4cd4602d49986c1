package dev.keyturn.webhook.certificate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A certificate that somebody else renews: {@code tls.crt} and {@code tls.key} in a directory, such
 * as a mounted Secret of cert-manager. Both are read through the directory's {@code ..data} where
 * there is one, so that they are of one generation.
 */
public final class FileCertificates implements CertificateSource {
  private final Path directory;

  public FileCertificates(Path directory) {
    this.directory = directory;
  }

  @Override
  public ServerCertificate current() throws CertificateException {
    try {
      Path data = directory.resolve("..data");
      Path generation = Files.isDirectory(data) ? data.toRealPath() : directory;
      return Pem.pair(read(generation.resolve("tls.crt")), read(generation.resolve("tls.key")));
    } catch (IOException e) {
      throw new CertificateException(
          "cannot read tls.crt and tls.key in "
              + directory
              + ": mount a Secret of type kubernetes.io/tls there",
          e);
    } catch (CertificateException e) {
      throw new CertificateException("tls.crt and tls.key in " + directory + ": " + e.getMessage());
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.US_ASCII);
  }
}
