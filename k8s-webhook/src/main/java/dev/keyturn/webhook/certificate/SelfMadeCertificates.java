package dev.keyturn.webhook.certificate;

import dev.keyturn.webhook.kubernetes.ApiServer;
import dev.keyturn.webhook.kubernetes.ApiServer.Trust;
import dev.keyturn.webhook.kubernetes.KubernetesException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A certificate authority of our own and a server's certificate by it. Both are kept in one Secret,
 * so that all replicas have the same: whoever is first makes them, everybody else reads them.
 *
 * <p>Two rules let a replica die at any moment, or all of them turn to new keys, without one
 * refused call. A new certificate is used only some time after this replica has seen that the API
 * server trusts its authority; and an authority that is trusted stays so until it expires, since
 * others may still use certificates by it. Nobody leads: any replica does whatever the others have
 * not done.
 */
public final class SelfMadeCertificates implements CertificateSource {
  /**
   * An authority outlives many certificates: replacing it is the delicate part. A certificate is
   * short-lived enough that a lost one is no lasting harm.
   */
  static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);

  static final Duration CERTIFICATE_LIFE = Duration.ofDays(90);

  /**
   * How long an API server may take to learn of a new caBundle. It watches its configurations, and
   * hears of a change within milliseconds; where there are several, none waits for the others.
   */
  static final Duration SETTLE = Duration.ofSeconds(5);

  /** How many authorities that are not in the Secret stay trusted. */
  private static final int MOST_OTHERS = 4;

  /** How often others may get in between before something is odd. */
  private static final int ATTEMPTS = 5;

  private final ApiServer api;
  private final String namespace;
  private final String secret;
  private final String configuration;
  private final List<String> names;
  private final Clock clock;
  private @Nullable ServerCertificate inUse;
  private @Nullable ServerCertificate waiting;
  private Instant trustedSince = Instant.MIN;

  /**
   * @param namespace of the service and the secret
   * @param secret where the certificate is kept
   * @param configuration the MutatingWebhookConfiguration that is to trust it
   * @param service the name that the API server calls
   */
  public SelfMadeCertificates(
      ApiServer api, String namespace, String secret, String configuration, String service) {
    this(api, namespace, secret, configuration, service, Clock.systemUTC());
  }

  SelfMadeCertificates(
      ApiServer api,
      String namespace,
      String secret,
      String configuration,
      String service,
      Clock clock) {
    this.api = api;
    this.namespace = namespace;
    this.secret = secret;
    this.configuration = configuration;
    // The API server calls SERVICE.NAMESPACE.svc; the others are for people and monitoring.
    this.names =
        List.of(
            service + "." + namespace + ".svc",
            service + "." + namespace + ".svc.cluster.local",
            service + "." + namespace,
            service);
    this.clock = clock;
  }

  /** What the Secret holds; the key of the first of the authority's certificates is in it, too. */
  private record Kept(List<X509Certificate> authorities, String key, ServerCertificate server) {}

  @Override
  public ServerCertificate current() throws CertificateException, InterruptedException {
    try {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        Optional<Kept> kept = keptOrMade();
        if (kept.isEmpty()) {
          continue;
        }
        List<X509Certificate> authorities = kept.get().authorities();
        Trust trust = api.trust(configuration, there -> bundle(authorities, there));
        if (trust != Trust.NOT_YET) {
          return settled(kept.get().server(), trust);
        }
      }
    } catch (KubernetesException e) {
      throw new CertificateException("no self-made certificate", e);
    }
    throw new CertificateException(
        "somebody else keeps changing the Secret "
            + namespace
            + "/"
            + secret
            + " or the MutatingWebhookConfiguration "
            + configuration);
  }

  /** The certificate to use, which is not the one that was found if that is too new. */
  private ServerCertificate settled(ServerCertificate found, Trust trust) {
    Instant now = clock.instant();
    ServerCertificate before = inUse;
    if (before != null && !before.equals(found) && before.notAfter().isAfter(now)) {
      if (!found.equals(waiting) || trust == Trust.NOW) {
        waiting = found;
        trustedSince = now;
      }
      if (Duration.between(trustedSince, now).compareTo(SETTLE) < 0) {
        return before;
      }
    }
    waiting = null;
    inUse = found;
    return found;
  }

  /** The authorities of the Secret, and those of ours that are trusted already. */
  private byte[] bundle(List<X509Certificate> authorities, byte[] there) {
    Set<X509Certificate> trusted = trusted(there);
    var wanted = new LinkedHashSet<>(authorities);
    trusted.stream()
        .filter(CertificateAuthority::isOne)
        .filter(other -> other.getNotAfter().toInstant().isAfter(clock.instant()))
        .filter(other -> !authorities.contains(other))
        .limit(MOST_OTHERS)
        .forEach(wanted::add);
    // The order does not matter to anybody: replicas should not quarrel about it.
    return wanted.equals(trusted)
        ? there
        : Pem.write(List.copyOf(wanted)).getBytes(StandardCharsets.US_ASCII);
  }

  private static Set<X509Certificate> trusted(byte[] bundle) {
    try {
      return new LinkedHashSet<>(Pem.certificates(new String(bundle, StandardCharsets.US_ASCII)));
    } catch (CertificateException e) {
      return Set.of(); // nothing, or nothing that is worth keeping
    }
  }

  /** What is kept, renewed where due; empty if somebody else has written meanwhile. */
  private Optional<Kept> keptOrMade()
      throws KubernetesException, CertificateException, InterruptedException {
    Optional<ObjectNode> there = api.secret(namespace, secret);
    boolean empty = there.isEmpty() || there.get().path("data").isEmpty();
    Optional<Kept> kept = empty ? Optional.empty() : Optional.of(read(there.get()));
    Instant now = clock.instant();
    if (kept.isPresent() && !isDue(kept.get().server().chain().getFirst(), now)) {
      return kept;
    }
    Kept made = make(kept, now);
    ObjectNode object = there.orElseGet(this::newSecret);
    write(made, object);
    boolean mine =
        there.isPresent()
            ? api.replaceSecret(namespace, secret, object)
            : api.createSecret(namespace, object);
    return mine ? Optional.of(made) : Optional.empty();
  }

  /** Whether two thirds of a certificate's life are over, or it is for other names. */
  private boolean isDue(X509Certificate certificate, Instant now) throws CertificateException {
    return isOld(certificate, now) || !CertificateAuthority.namesOf(certificate).equals(names);
  }

  private static boolean isOld(X509Certificate certificate, Instant now) {
    Instant from = certificate.getNotBefore().toInstant();
    Duration life = Duration.between(from, certificate.getNotAfter().toInstant());
    return now.isAfter(from.plus(life.multipliedBy(2).dividedBy(3)));
  }

  private Kept make(Optional<Kept> kept, Instant now) throws CertificateException {
    X509Certificate current = kept.isEmpty() ? null : kept.get().authorities().getFirst();
    var authority =
        kept.isEmpty() || current == null || isOld(current, now)
            ? CertificateAuthority.make(now, AUTHORITY_LIFE)
            : new CertificateAuthority(
                current, Pem.privateKey(kept.get().key(), current.getPublicKey()));
    var authorities = new ArrayList<X509Certificate>();
    authorities.add(authority.certificate());
    kept.stream()
        .flatMap(old -> old.authorities().stream())
        // Replicas that have not looked yet go on with a certificate by the old one.
        .filter(
            old ->
                !old.equals(authority.certificate()) && old.getNotAfter().toInstant().isAfter(now))
        .forEach(authorities::add);
    return new Kept(
        authorities, Pem.write(authority.key()), authority.certify(names, now, CERTIFICATE_LIFE));
  }

  private Kept read(ObjectNode object) throws CertificateException {
    JsonNode data = object.path("data");
    try {
      return new Kept(
          Pem.certificates(text(data, "ca.crt")),
          text(data, "ca.key"),
          Pem.pair(text(data, "tls.crt"), text(data, "tls.key")));
    } catch (CertificateException e) {
      throw new CertificateException(
          "the Secret "
              + namespace
              + "/"
              + secret
              + " does not hold a certificate of ours ("
              + e.getMessage()
              + "): delete it, and a new one is made");
    }
  }

  private static String text(JsonNode data, String key) throws CertificateException {
    try {
      return new String(
          Base64.getDecoder().decode(data.path(key).asString("")), StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException e) {
      throw new CertificateException(key + " is not base64");
    }
  }

  private ObjectNode newSecret() {
    ObjectNode object = JsonMapper.shared().createObjectNode();
    object.put("apiVersion", "v1").put("kind", "Secret").put("type", "Opaque");
    object.putObject("metadata").put("name", secret).put("namespace", namespace);
    return object;
  }

  private static void write(Kept made, ObjectNode object) {
    put(object, "ca.crt", Pem.write(made.authorities()));
    put(object, "ca.key", made.key());
    put(object, "tls.crt", Pem.write(made.server().chain()));
    put(object, "tls.key", Pem.write(made.server().key()));
  }

  private static void put(ObjectNode object, String key, String text) {
    object
        .withObjectProperty("data")
        .put(key, Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII)));
  }
}
