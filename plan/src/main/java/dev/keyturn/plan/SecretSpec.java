package dev.keyturn.plan;

import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a plan's {@code secrets}: what to fetch and how to publish it.
 *
 * @param name the file's name in the mount: 1 to 50 of {@code [A-Za-z0-9._-]}, starting with a
 *     letter, a digit or one {@code .}, without {@code ..}
 * @param from where the secret is; empty where a template makes the file
 * @param fallbacks where it is while it is not there, the best first: for migrations; all are one
 *     field, or all are none
 * @param template what makes the file from several secrets; empty where it is one
 * @param format how the fields become a file; {@link Format#RAW} if and only if one field is chosen
 *     by the reference's key, unless the plan says otherwise
 * @param env environment names that the Java agent answers for, to the secret's keys; empty when
 *     the plan does not say: then the agent answers for {@code <NAME>_<KEY>}, see {@code
 *     docs/mount.md}
 * @param properties system properties that the Java agent answers for, to the secret's keys
 * @param givenMode the file's permissions as the plan says; at most read and write for owner and
 *     group, read for others; empty when it does not say: see {@link #mode}
 * @param owner the file's owner; empty for the writing process's own
 * @param containers the pod's containers that see the file; empty for all but the injected one
 * @param givenRefresh how long a fetched version is taken as current where the source can only be
 *     polled, as the plan says; 1 s to 24 h; empty when it does not say: see {@link #refresh}
 * @param required whether the workload may not start without it
 * @param onChange what is done once a new version is published, in no order; at most 8
 * @param group the secrets of one group change together, in one generation
 * @param storePassword of a key store, {@code changeit} by default. No secret: it satisfies formats
 *     that demand one, and what protects the key is the file's mode and its being in memory
 * @param expose what the Java agent answers with; a stand-in works for every secret, whatever is
 *     said here
 * @param hosts where the Java agent lets a request header carry the secret: {@code
 *     api.example.com}, {@code *.example.com}, each with an optional port; lower case, in the order
 *     written; at most 32; empty: nowhere
 */
public record SecretSpec(
    String name,
    Optional<Reference> from,
    List<Reference> fallbacks,
    Optional<TemplateSpec> template,
    Format format,
    Optional<Map<String, String>> env,
    Map<String, String> properties,
    Optional<Set<PosixFilePermission>> givenMode,
    Optional<Owner> owner,
    Set<String> containers,
    Optional<Duration> givenRefresh,
    boolean required,
    List<Action> onChange,
    Optional<String> group,
    String storePassword,
    Expose expose,
    List<String> hosts) {

  static final String DEFAULT_STORE_PASSWORD = "changeit";

  static final String NO_STORE = "is for the formats pkcs12 and jks: remove it";

  static final String FROM_OR_TEMPLATE =
      "a secret has either 'from' or 'template': keep one of them";

  /** What {@code keytool} asks for. */
  private static final int MIN_PASSWORD = 6;

  private static final int MAX_PASSWORD = 64;

  /** Of a template. */
  private static final Duration DEFAULT_REFRESH = Source.VAULT.refresh();

  /** As many as anybody needs. */
  private static final int MAX_ACTIONS = 8;

  /** A migration has one. */
  private static final int MAX_FALLBACKS = 3;

  /** More than the hosts of any one service; a longer list is most likely a wildcard's work. */
  private static final int MAX_HOSTS = 32;

  /** Below it a poll is load without gain; see {@code docs/plan.md}. */
  private static final Duration MIN_REFRESH = Duration.ofSeconds(1);

  /** Above it nobody waits for a rotation. */
  private static final Duration MAX_REFRESH = Duration.ofHours(24);

  private static final Set<PosixFilePermission> DEFAULT_MODE =
      Set.of(PosixFilePermission.OWNER_READ);

  /** Why a container with this name can't see secrets; null if it can. */
  public static @Nullable String containerProblem(String name) {
    return Rules.container(name);
  }

  public SecretSpec {
    var problems = new Problems();
    if (from.isPresent() == template.isPresent()) {
      problems.add(Place.of("from", ""), FROM_OR_TEMPLATE);
    }
    check(
        problems,
        Place.of("name", ""),
        name,
        from.orElse(null),
        fallbacks,
        template.isPresent(),
        format,
        env,
        properties,
        givenMode,
        containers,
        givenRefresh,
        onChange,
        group,
        storePassword,
        hosts);
    problems.throwIfAny();
    boolean raw = format == Format.RAW;
    env = env.isEmpty() ? env : Optional.of(keys(env.get(), raw));
    properties = keys(properties, raw);
    if (givenMode.isPresent()) {
      givenMode = Optional.of(Collections.unmodifiableSet(EnumSet.copyOf(givenMode.get())));
    }
    containers = Collections.unmodifiableSet(new LinkedHashSet<>(containers));
    fallbacks = List.copyOf(fallbacks);
    onChange = List.copyOf(onChange);
    hosts = List.copyOf(hosts);
  }

  /** Without a fallback. */
  public SecretSpec(
      String name,
      Optional<Reference> from,
      Optional<TemplateSpec> template,
      Format format,
      Optional<Map<String, String>> env,
      Map<String, String> properties,
      Optional<Set<PosixFilePermission>> givenMode,
      Optional<Owner> owner,
      Set<String> containers,
      Optional<Duration> givenRefresh,
      boolean required,
      List<Action> onChange,
      Optional<String> group,
      String storePassword,
      Expose expose,
      List<String> hosts) {
    this(
        name,
        from,
        List.of(),
        template,
        format,
        env,
        properties,
        givenMode,
        owner,
        containers,
        givenRefresh,
        required,
        onChange,
        group,
        storePassword,
        expose,
        hosts);
  }

  /** All places where the secret may be, the best first; none where a template makes it. */
  public List<Reference> references() {
    var references = new ArrayList<Reference>();
    if (from.isPresent()) {
      references.add(from.get());
    }
    references.addAll(fallbacks);
    return references;
  }

  /** Where the file comes from, for people: its references, or {@code template}. */
  public String origin() {
    if (from.isEmpty()) {
      return "template";
    }
    var text = new StringBuilder(from.get().toString());
    for (Reference fallback : fallbacks) {
      text.append(Reference.OR).append(fallback);
    }
    return text.toString();
  }

  /** The paths of a source that it names: in its references, and written out in its template. */
  public SortedSet<String> paths(Source source) {
    var all = new ArrayList<>(references());
    if (template.isPresent()) {
      all.addAll(template.get().elsewhere());
    }
    var paths = new TreeSet<String>();
    for (Reference reference : all) {
      if (reference.source() == source) {
        paths.add(reference.path());
      }
    }
    return paths;
  }

  /** Whether it needs a Vault. */
  boolean isInVault() {
    for (Reference reference : references()) {
      if (reference.asksVault()) {
        return true;
      }
    }
    return template.isPresent() && template.get().template().asksVault();
  }

  /** The plan's refresh, or what its source is looked at by default. */
  public Duration refresh() {
    return givenRefresh.orElse(from.isPresent() ? from.get().source().refresh() : DEFAULT_REFRESH);
  }

  /**
   * Whether it is looked at every {@link #refresh}; what is made for us is not, unless it says so.
   */
  public boolean isLookedAt() {
    return givenRefresh.isPresent() || from.isEmpty() || !from.get().isWrite();
  }

  /** The file's permissions: the plan's, or read by the owner alone. */
  public Set<PosixFilePermission> mode() {
    return givenMode.orElse(DEFAULT_MODE);
  }

  /** The names in their order; in a raw file each stands for the whole file. */
  private static Map<String, String> keys(Map<String, String> names, boolean raw) {
    var copy = new LinkedHashMap<>(names);
    if (raw) {
      for (var entry : copy.entrySet()) {
        entry.setValue("");
      }
    }
    return Collections.unmodifiableMap(copy);
  }

  /**
   * @param from null where there is none, or it could not be read: what depends on it goes
   *     unchecked
   * @param isMade whether a template makes the file
   */
  static void check(
      Problems problems,
      Place place,
      String name,
      @Nullable Reference from,
      List<Reference> fallbacks,
      boolean isMade,
      Format format,
      Optional<Map<String, String>> env,
      Map<String, String> properties,
      Optional<Set<PosixFilePermission>> givenMode,
      Set<String> containers,
      Optional<Duration> refresh,
      List<Action> onChange,
      Optional<String> group,
      String storePassword,
      Collection<String> hosts) {
    problems.check(place, Rules.name(name));
    checkFallbacks(problems, place.at("from"), from, fallbacks);
    if (from != null && format == Format.RAW && !from.isOneField()) {
      problems.add(
          place.at("format"),
          "raw is one field's bytes: name the field with '#key', or choose another format");
    }
    if (from != null && format.isCertificate() && from.isOneField()) {
      problems.add(
          place.at("format"),
          "this needs a certificate, its chain and its key, and the reference is one field: drop"
              + " the '#key', or choose raw");
    }
    if (env.isPresent()) {
      for (var entry : env.get().entrySet()) {
        Place at = place.at("env").at(entry.getKey());
        problems.check(at, Rules.env(entry.getKey()));
        problems.check(at, keyProblem(entry.getValue(), from, isMade, format));
      }
      checkCount(problems, place.at("env"), env.get().size());
    }
    for (var entry : properties.entrySet()) {
      Place at = place.at("properties").at(entry.getKey());
      problems.check(at, Rules.property(entry.getKey()));
      problems.check(at, keyProblem(entry.getValue(), from, isMade, format));
    }
    checkCount(problems, place.at("properties"), properties.size());
    if (givenMode.isPresent()) {
      problems.check(place.at("mode"), Mode.problem(givenMode.get()));
    }
    for (String container : containers) {
      problems.check(place.at("containers"), Rules.container(container));
    }
    checkCount(problems, place.at("containers"), containers.size());
    if (refresh.isPresent()) {
      problems.check(place.at("refresh"), refreshProblem(refresh.get()));
    }
    if (onChange.size() > MAX_ACTIONS) {
      problems.add(place.at("on-change"), "has more than " + MAX_ACTIONS + " actions");
    }
    if (group.isPresent()) {
      problems.check(place.at("group"), groupProblem(group.get()));
    }
    problems.check(place.at("store-password"), passwordProblem(storePassword, format));
    for (String host : hosts) {
      problems.check(place.at("hosts"), Rules.host(host));
    }
    if (hosts.size() > MAX_HOSTS) {
      problems.add(place.at("hosts"), "has more than " + MAX_HOSTS + " hosts");
    }
  }

  private static void checkFallbacks(
      Problems problems, Place place, @Nullable Reference from, List<Reference> fallbacks) {
    if (fallbacks.size() > MAX_FALLBACKS) {
      problems.add(place, "has more than " + MAX_FALLBACKS + " fallbacks");
    }
    for (Reference fallback : fallbacks) {
      if (fallback.isWrite() || (from != null && from.isWrite())) {
        problems.add(
            place, "has a fallback with what is made by a write, which can't stand for it");
      } else if (from != null && from.isOneField() != fallback.isOneField()) {
        problems.add(
            place,
            "has one field here and all of them there: give all its references a '#key', or none");
      }
    }
  }

  private static @Nullable String refreshProblem(Duration refresh) {
    if (refresh.compareTo(MIN_REFRESH) < 0 || refresh.compareTo(MAX_REFRESH) > 0) {
      return "is not within 1s and 24h";
    }
    return refresh.toNanosPart() % 1_000_000 == 0 ? null : "is not whole milliseconds";
  }

  private static @Nullable String groupProblem(String group) {
    return Rules.name(group) == null
        ? null
        : "a group's name is of the same letters as a secret's: 1 to "
            + Rules.MAX_NAME
            + " letters, digits, '.', '_' and '-'";
  }

  private static @Nullable String passwordProblem(String password, Format format) {
    if (!format.isStore() && !password.equals(DEFAULT_STORE_PASSWORD)) {
      return NO_STORE;
    }
    boolean good = password.length() >= MIN_PASSWORD && password.length() <= MAX_PASSWORD;
    for (int i = 0; good && i < password.length(); i++) {
      good = password.charAt(i) > ' ' && password.charAt(i) <= '~';
    }
    return good
        ? null
        : "is not "
            + MIN_PASSWORD
            + " to "
            + MAX_PASSWORD
            + " visible ASCII characters, which is what every reader of key stores takes";
  }

  private static void checkCount(Problems problems, Place place, int count) {
    if (count > Rules.MAX_ENTRIES) {
      problems.add(place, "has more than " + Rules.MAX_ENTRIES + " entries");
    }
  }

  /** What is wrong with the key that a name stands for; an empty one is the whole file. */
  private static @Nullable String keyProblem(
      String key, @Nullable Reference from, boolean isMade, Format format) {
    if (format.isStore()) {
      return "a key store is no text that the agent could answer with: open the file";
    }
    if (format == Format.PEM && !key.isEmpty()) {
      return "a pem file is not taken apart: leave the key empty, for the whole file";
    }
    if (key.isEmpty()) {
      return null;
    }
    if (from == null) {
      return isMade ? "a template's file has no keys: leave it empty, for the whole file" : null;
    }
    if (from.isOneField() && !key.equals(from.key().orElse(Reference.WHOLE))) {
      return "the secret is one field, and this names another: leave it empty";
    }
    return Rules.line(key, Rules.MAX_KEY);
  }
}
