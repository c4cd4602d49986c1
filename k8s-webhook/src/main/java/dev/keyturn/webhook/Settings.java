package dev.keyturn.webhook;

import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.PodPlan.SidecarKind;
import dev.keyturn.plan.Problem;
import dev.keyturn.webhook.admission.InjectionSettings;
import dev.keyturn.webhook.certificate.CertificateException;
import dev.keyturn.webhook.certificate.TrustedClients;
import dev.keyturn.webhook.profile.Resources;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * All that the operator has set, read once.
 *
 * @param injection what pods get
 * @param profiles the file with profiles
 * @param listen port 0 for any
 * @param certificate where the server's certificate comes from
 * @param missed how often to look for pods that were not injected; never where zero
 * @param clients who alone may ask for reviews
 * @param drain how long requests are still taken after SIGTERM
 */
public record Settings(
    InjectionSettings injection,
    Optional<Path> profiles,
    InetSocketAddress listen,
    Certificate certificate,
    Duration missed,
    Optional<TrustedClients> clients,
    Duration drain) {

  /** Where the server's certificate comes from. */
  public sealed interface Certificate {
    /** Somebody else renews it in a directory. */
    record Files(Path directory) implements Certificate {}

    /**
     * The webhook's own.
     *
     * @param secret where all replicas keep it
     * @param configuration the MutatingWebhookConfiguration that is to trust it
     * @param service the name that the API server calls
     * @param namespace of the secret and the service
     */
    record SelfMade(String secret, String configuration, String service, String namespace)
        implements Certificate {}
  }

  /** What the kubelet sets for each Service of a namespace, such as one named {@code keyturn}. */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(".*_(SERVICE_HOST|SERVICE_PORT|SERVICE_PORT_.*|PORT|PORT_[0-9]+_.*)");

  /** A DNS label or subdomain (RFC 1123), as Kubernetes' names are. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

  /** Without blanks and control characters; the registry knows the rest. */
  private static final Pattern IMAGE = Pattern.compile("[\\w][\\w.:/@-]{0,511}");

  /** The keys of a plan's {@code vault} section that an operator can fill in. */
  private static final Map<String, Setting> VAULT =
      Map.of(
          "address", Setting.VAULT_ADDRESS,
          "role", Setting.VAULT_ROLE,
          "auth", Setting.VAULT_AUTH,
          "auth-mount", Setting.VAULT_AUTH_MOUNT,
          "namespace", Setting.VAULT_NAMESPACE,
          "ca", Setting.VAULT_CA,
          "server-name", Setting.VAULT_SERVER_NAME);

  private static final JsonMapper JSON = JsonMapper.shared();

  /**
   * Reads the environment.
   *
   * @throws PlanException with everything that is wrong with it
   */
  public static Settings read(Map<String, String> environment) {
    return new Reader(environment).read();
  }

  private static final class Reader {
    private final Map<String, String> environment;
    private final List<Problem> problems = new ArrayList<>();

    Reader(Map<String, String> environment) {
      this.environment = environment;
    }

    Settings read() {
      refuseUnknown();
      var vault = new LinkedHashMap<String, String>();
      for (var key : VAULT.entrySet()) {
        if (!text(key.getValue()).isEmpty()) {
          vault.put(key.getKey(), text(key.getValue()));
        }
      }
      var injection =
          new InjectionSettings(
              matching(
                  Setting.IMAGE, IMAGE, "is the name of an image, such as example.com/keyturn:1"),
              oneOf(Setting.IMAGE_PULL_POLICY, named("Always", "IfNotPresent", "Never")),
              oneOf(
                  Setting.SIDECAR,
                  Stream.of(SidecarKind.values())
                      .collect(Collectors.toMap(SidecarKind::text, Function.identity()))),
              Map.copyOf(vault),
              text(Setting.AUDIENCE),
              text(Setting.ENVIRONMENT),
              resources(),
              matching(Setting.MOUNT_SIZE, Resources.QUANTITY, "is a size, such as 16Mi"),
              number(Setting.STARTUP_ATTEMPTS, 1, 1000),
              oneOf(Setting.VAULT_ANNOTATIONS, Map.of("true", true, "false", false)));
      Optional<Path> profiles =
          Optional.of(text(Setting.PROFILES)).filter(text -> !text.isEmpty()).map(Path::of);
      InetSocketAddress listen = address();
      Certificate certificate = certificate();
      Optional<TrustedClients> clients = clients();
      Duration missed = seconds(Setting.MISSED, "is 0s, or 10s to 9999s", 10, 9999);
      Duration drain = seconds(Setting.DRAIN, "is 0s to 60s", 0, 60);
      if (!problems.isEmpty()) {
        throw new PlanException(problems);
      }
      return new Settings(injection, profiles, listen, certificate, missed, clients, drain);
    }

    private void refuseUnknown() {
      Set<String> known =
          Stream.of(Setting.values()).map(Setting::variable).collect(Collectors.toSet());
      for (String name : new TreeSet<>(environment.keySet())) {
        if (name.startsWith("KEYTURN_")
            && !known.contains(name)
            && !SERVICE_LINK.matcher(name).matches()) {
          problems.add(
              new Problem(name, "is no setting of the webhook; docs/webhook.md lists them"));
        }
      }
    }

    private String text(Setting setting) {
      // Charts set variables to nothing: that is no value, as if they weren't there.
      String text = environment.getOrDefault(setting.variable(), "").strip();
      return text.isEmpty() ? setting.byDefault() : text;
    }

    private void problem(Setting setting, String message) {
      problems.add(new Problem(setting.variable(), message));
    }

    private String matching(Setting setting, Pattern pattern, String message) {
      String text = text(setting);
      if (!pattern.matcher(text).matches()) {
        problem(setting, message);
      }
      return text;
    }

    private static Map<String, String> named(String... names) {
      return Stream.of(names).collect(Collectors.toMap(Function.identity(), Function.identity()));
    }

    private <T> T oneOf(Setting setting, Map<String, T> choices) {
      T choice = choices.get(text(setting));
      if (choice == null) {
        problem(setting, "is one of " + String.join(", ", new TreeSet<>(choices.keySet())));
        return choices.values().iterator().next(); // never used: a problem ends the reading
      }
      return choice;
    }

    private ObjectNode resources() {
      try {
        var resources = Resources.of(JSON.readTree(text(Setting.RESOURCES)));
        if (resources.isPresent()) {
          return resources.get();
        }
      } catch (JacksonException e) {
        // said below
      }
      problem(Setting.RESOURCES, "is no JSON object such as " + Setting.RESOURCES.byDefault());
      return JSON.createObjectNode();
    }

    private int number(Setting setting, int least, int most) {
      try {
        int number = Integer.parseInt(text(setting));
        if (number >= least && number <= most) {
          return number;
        }
      } catch (NumberFormatException e) {
        // said below
      }
      problem(setting, "is a whole number from " + least + " to " + most);
      return least;
    }

    private InetSocketAddress address() {
      String text = text(Setting.LISTEN);
      int colon = text.lastIndexOf(':');
      try {
        int port = Integer.parseInt(text.substring(colon + 1));
        if (colon > 0) {
          var address = new InetSocketAddress(text.substring(0, colon), port);
          if (!address.isUnresolved()) {
            return address;
          }
        }
      } catch (IllegalArgumentException e) {
        // said below
      }
      problem(Setting.LISTEN, "is an address and a port, such as 0.0.0.0:8443");
      return new InetSocketAddress(0);
    }

    private Certificate certificate() {
      String unit = "is the name of a Kubernetes object";
      return switch (oneOf(Setting.CERTIFICATE, named("self-made", "files"))) {
        case "files" -> new Certificate.Files(Path.of(text(Setting.CERTIFICATE_DIR)));
        default ->
            new Certificate.SelfMade(
                matching(Setting.CERTIFICATE_SECRET, NAME, unit),
                matching(Setting.WEBHOOK_CONFIGURATION, NAME, unit),
                matching(Setting.WEBHOOK_SERVICE, NAME, unit),
                matching(Setting.WEBHOOK_NAMESPACE, NAME, unit));
      };
    }

    private Optional<TrustedClients> clients() {
      String authorities = text(Setting.CLIENT_CA);
      String subject = text(Setting.CLIENT_SUBJECT);
      if (authorities.isEmpty()) {
        if (!subject.isEmpty()) {
          problem(Setting.CLIENT_SUBJECT, "needs KEYTURN_CLIENT_CA: who vouches for the subject?");
        }
        return Optional.empty();
      }
      try {
        return Optional.of(TrustedClients.of(authorities, subject));
      } catch (CertificateException e) {
        problem(Setting.CLIENT_CA, "is no certificate in PEM form");
      } catch (IllegalArgumentException e) {
        problem(Setting.CLIENT_SUBJECT, "is no distinguished name, such as CN=kube-apiserver");
      }
      return Optional.empty();
    }

    /** A number of seconds: none, or so many. */
    private Duration seconds(Setting setting, String message, int least, int most) {
      String text = text(setting);
      if (text.matches("[0-9]{1,4}s")) {
        int seconds = Integer.parseInt(text.substring(0, text.length() - 1));
        if (seconds == 0 || (seconds >= least && seconds <= most)) {
          return Duration.ofSeconds(seconds);
        }
      }
      problem(setting, message);
      return Duration.ZERO;
    }
  }
}
