package dev.keyturn.sidecar.http;

import dev.keyturn.plan.ClientCertificate;
import java.net.URI;
import java.util.Optional;

/**
 * Where a server is, and how each side knows the other in TLS.
 *
 * @param address {@code http} or {@code https}, with host
 * @param ca the certificates to trust, PEM; empty for those of the file
 * @param caFile a file with them, read again when it changes; where both are empty, the JVM's
 * @param serverName in its certificate; empty for the address's host
 * @param client what to show to it
 */
public record Server(
    URI address,
    Optional<String> ca,
    Optional<String> caFile,
    Optional<String> serverName,
    Optional<ClientCertificate> client) {

  /** Whose certificates are trusted, for errors. */
  public String trust() {
    return caFile
        .map(file -> "the CA file " + file)
        .orElse(ca.isPresent() ? "the plan's ca" : "the JVM's certificates");
  }
}
