package dev.keyturn.plan;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The plan's {@code vault} section: which server, and who we are to it.
 *
 * @param address {@code http} or {@code https}, host and optional port; no path, query or user
 * @param namespace the {@code X-Vault-Namespace} header
 * @param ca certificates (PEM) to trust instead of the JVM's, in the plan itself; not with caFile
 * @param caFile a file with such certificates
 * @param serverName the name the server's certificate must carry, where it is not the address's
 * @param client the certificate for servers that ask for one; needed for {@link VaultAuth.Cert}
 * @param revoke whether leases and the token are given back at the end
 * @param timeout of one request; 1 s to 60 s
 */
public record VaultSettings(
    URI address,
    VaultAuth auth,
    Optional<String> namespace,
    Optional<String> ca,
    Optional<String> caFile,
    Optional<String> serverName,
    Optional<ClientCertificate> client,
    boolean revoke,
    Duration timeout) {

  static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

  /** A few CA certificates; a plan with more has taken a whole trust store by mistake. */
  private static final int MAX_CA = 64 * 1024;

  public VaultSettings {
    var problems = new Problems();
    Place place = Place.root();
    problems.check(place.at("address"), addressProblem(address));
    if (namespace.isPresent()) {
      problems.check(place.at("namespace"), Rules.path(namespace.get(), false));
    }
    if (ca.isPresent()) {
      problems.check(place.at("ca"), caProblem(ca.get()));
      if (caFile.isPresent()) {
        problems.add(place.at("ca"), "is there beside ca-file: keep one of the two");
      }
    }
    if (caFile.isPresent()) {
      problems.check(place.at("ca-file"), Rules.path(caFile.get(), true));
    }
    if (serverName.isPresent()) {
      problems.check(place.at("server-name"), hostProblem(serverName.get()));
    }
    if (auth instanceof VaultAuth.Cert && client.isEmpty()) {
      problems.add(
          place.at("client-cert-file"),
          "is missing: auth 'cert' logs in with a certificate, and its key in client-key-file");
    }
    problems.check(place.at("timeout"), Rules.timeout(timeout));
    problems.throwIfAny();
  }

  static @Nullable String addressProblem(URI address) {
    if (!"https".equals(address.getScheme()) && !"http".equals(address.getScheme())) {
      return "starts with neither https:// nor http://";
    }
    if (address.getHost() == null) {
      return "has no valid host name: https://vault.example:8200";
    }
    if (address.getPort() == 0 || address.getPort() > 65_535) {
      return "has a port that is not within 1 and 65535";
    }
    if (address.getRawUserInfo() != null) {
      return "holds a user or a password, which belong in no plan: remove them";
    }
    if (!address.getRawPath().isEmpty()
        || address.getRawQuery() != null
        || address.getRawFragment() != null) {
      return "has more than host and port: https://vault.example:8200";
    }
    return null;
  }

  private static @Nullable String caProblem(String ca) {
    if (ca.length() > MAX_CA) {
      return "is longer than "
          + MAX_CA
          + " characters: name the one CA that signed the server's"
          + " certificate";
    }
    if (ca.contains("PRIVATE KEY")) {
      return "holds a private key, which belongs in no plan: remove it, and replace the key";
    }
    for (int i = 0; i < ca.length(); i++) {
      char c = ca.charAt(i);
      if (c > '~' || (c < ' ' && c != '\n' && c != '\r' && c != '\t')) {
        return "holds characters that no PEM has";
      }
    }
    return ca.contains("-----BEGIN CERTIFICATE-----")
        ? null
        : "is no certificate in PEM (-----BEGIN CERTIFICATE-----); a path goes into ca-file";
  }

  /** A DNS name or an address; what a certificate can carry. */
  private static @Nullable String hostProblem(String host) {
    boolean good = !host.isEmpty() && host.length() <= Rules.MAX_KEY;
    for (int i = 0; good && i < host.length(); i++) {
      char c = host.charAt(i);
      good = Rules.isLetterOrDigit(c) || c == '.' || c == '-' || c == ':';
    }
    return good ? null : "is no host name";
  }
}
