package dev.keyturn.plan;

import static dev.keyturn.plan.VaultAgentAnnotation.Suffix.MAY_NAME_A_SECRET;
import static dev.keyturn.plan.VaultAgentAnnotation.Suffix.NAMES_A_PARAMETER;
import static dev.keyturn.plan.VaultAgentAnnotation.Suffix.NAMES_A_SECRET;
import static dev.keyturn.plan.VaultAgentAnnotation.Suffix.NONE;
import static dev.keyturn.plan.VaultAgentAnnotation.Treatment.HONOURED;
import static dev.keyturn.plan.VaultAgentAnnotation.Treatment.IGNORED;
import static dev.keyturn.plan.VaultAgentAnnotation.Treatment.REFUSED;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An annotation that Vault Agent Injector (vault-k8s 1.7) knows, and what Keyturn does with it. The
 * one table that the translation goes by and that {@code docs/vault-agent-annotations.md} is made
 * from.
 *
 * @param name what follows {@link #PREFIX}, without what it ends in
 * @param suffix what it ends in
 * @param text what it means here, for the page; where it is ignored or refused, also what its
 *     author is told: why, and what to do instead
 * @param harmless a value with which it asks for nothing, of which its author is not told; empty
 *     for none
 */
record VaultAgentAnnotation(
    String name, Suffix suffix, Treatment treatment, String text, String harmless) {

  /** The prefix of every annotation, with its slash. */
  static final String PREFIX = "vault.hashicorp.com/";

  /** What an annotation's name ends in, after a hyphen. */
  enum Suffix {
    /** Nothing. */
    NONE,
    /** A secret's name. */
    NAMES_A_SECRET,
    /** A secret's name, or nothing for all of them. */
    MAY_NAME_A_SECRET,
    /** One of several settings. */
    NAMES_A_PARAMETER
  }

  /** What becomes of an annotation. */
  enum Treatment {
    /** It means the same here, or what the table says. */
    HONOURED,
    /** The pod is created without it, with a warning. */
    IGNORED,
    /** The pod is refused. */
    REFUSED
  }

  private static VaultAgentAnnotation honoured(String name, Suffix suffix, String text) {
    return new VaultAgentAnnotation(name, suffix, HONOURED, text, "");
  }

  private static VaultAgentAnnotation honoured(String name, String text) {
    return honoured(name, NONE, text);
  }

  private static VaultAgentAnnotation ignored(String name, String text) {
    return ignored(name, text, "");
  }

  private static VaultAgentAnnotation ignored(String name, String text, String harmless) {
    return new VaultAgentAnnotation(name, NONE, IGNORED, text, harmless);
  }

  private static VaultAgentAnnotation refused(String name, Suffix suffix, String text) {
    return new VaultAgentAnnotation(name, suffix, REFUSED, text, "");
  }

  private static final String OWN_LISTENER =
      "the sidecar is no proxy to Vault and listens on no port: let the application read its files,"
          + " or run a Vault Proxy beside it";
  private static final String OWN_PACE =
      "the sidecar has its own pace and never ends for it: remove it";
  private static final String OWN_CONNECTIONS =
      "the sidecar keeps a few connections, and closes them when they idle: remove it";

  static final List<VaultAgentAnnotation> ALL =
      List.of(
          honoured("agent-inject", "`true`: this pod gets secrets"),
          honoured(
              "agent-inject-status",
              "`injected`: the pod is left alone, unless it was Keyturn; Keyturn sets it, too"),
          honoured("agent-inject-secret", NAMES_A_SECRET, "a file with this secret"),
          honoured(
              "agent-inject-file",
              NAMES_A_SECRET,
              "the file's name, at most 50 characters; what stands before a `/` in it is part of"
                  + " the directory"),
          honoured(
              "agent-inject-perms",
              NAMES_A_SECRET,
              "the file's mode, without execution and without writing by everybody; without it,"
                  + " `0644` as there"),
          honoured("agent-inject-template", NAMES_A_SECRET, "see [templates](templates.md)"),
          refused(
              "agent-inject-template-file",
              NAMES_A_SECRET,
              "a template is judged when the pod is made, and no file can be: put the text itself"
                  + " into agent-inject-template-NAME"),
          honoured("agent-template-left-delim", NAMES_A_SECRET, "what begins an action"),
          honoured("agent-template-right-delim", NAMES_A_SECRET, "what ends an action"),
          honoured("error-on-missing-key", NAMES_A_SECRET, "the same"),
          honoured(
              "agent-inject-default-template",
              "`map` or `json`: what a file without a template looks like, byte for byte"),
          honoured(
              "agent-inject-command",
              NAMES_A_SECRET,
              "a signal by `kill`, `pkill` or `killall` and a local call by `curl` or `wget` become"
                  + " [`on-change`](plan.md#after-a-change); `chmod` and the like are ignored with"
                  + " a warning; anything else is refused, since the sidecar has no shell"),
          honoured("agent-inject-containers", "the containers, and all init containers, as there"),
          honoured(
              "agent-inject-token",
              "`true`: the file `token` with the sidecar's token; it can do all that the role can,"
                  + " so prefer secrets"),
          honoured("agent-init-first", "is always so"),
          honoured(
              "agent-pre-populate",
              "`false`: the application does not wait for secrets that can't be had"),
          honoured("agent-pre-populate-only", "`true`: `keyturn.dev/sidecar: init`"),
          honoured("agent-extra-secret", "the Secret that the sidecar alone gets"),
          refused(
              "agent-configmap",
              NONE,
              "the sidecar runs no configuration of Vault Agent: say what is in it with"
                  + " agent-inject-secret-NAME, agent-inject-template-NAME and the like"),
          ignored("agent-image", "the sidecar is Keyturn's own image: remove it"),
          ignored(
              "agent-request-namespace",
              "Vault Agent Injector set it for itself, and nothing here needs it: remove it"),
          ignored(
              "agent-copy-volume-mounts",
              "the sidecar reads no files of other containers: remove it; what it logs in with"
                  + " comes from agent-extra-secret and tls-secret"),
          honoured("agent-limits-cpu", "the same; empty for none"),
          honoured("agent-limits-mem", "the same; never below the cluster's setting"),
          honoured("agent-limits-ephemeral", "the same"),
          honoured("agent-requests-cpu", "the same; empty for none"),
          honoured("agent-requests-mem", "the same"),
          honoured("agent-requests-ephemeral", "the same"),
          honoured(
              "agent-revoke-on-shutdown",
              "the same; without it leases and the token are given back, which is not so there"),
          ignored(
              "agent-revoke-grace", "the sidecar gives back at once, for at most 5 s: remove it"),
          honoured(
              "agent-run-as-user",
              "the sidecar's user; `0` is ignored with a warning, since it is never root"),
          honoured("agent-run-as-group", "the sidecar's group"),
          honoured("agent-run-as-same-user", "`true`: the user of the pod's first container"),
          honoured("agent-share-process-namespace", "the same"),
          ignored(
              "agent-set-security-context",
              "the sidecar always says that it is not root and has no privileges, as restricted"
                  + " namespaces ask: remove it",
              "true"),
          honoured(
              "agent-service-account-token-volume-name",
              "the sidecar's own token gets the audience of the token in this volume; without it,"
                  + " the API server's own, as there"),
          ignored("agent-cache-enable", OWN_LISTENER, "false"),
          refused("agent-cache-use-auto-auth-token", NONE, OWN_LISTENER),
          ignored("agent-cache-listener-port", OWN_LISTENER),
          ignored(
              "agent-cache-exit-on-err", "there is no cache that could fail: remove it", "false"),
          ignored(
              "agent-enable-quit",
              "there is nothing to quit: a native sidecar ends when the pod's containers have"
                  + " ended; remove it and the application's call",
              "false"),
          new VaultAgentAnnotation(
              "agent-telemetry",
              NAMES_A_PARAMETER,
              IGNORED,
              "the sidecar has metrics of its own at its endpoint: remove it",
              ""),
          ignored(
              "agent-auto-auth-exit-on-err",
              "a login that fails is tried again, and shows in the startup probe and the log:"
                  + " remove it",
              "false"),
          ignored("agent-disable-idle-connections", OWN_CONNECTIONS),
          ignored("agent-disable-keep-alives", OWN_CONNECTIONS),
          ignored(
              "agent-json-patch",
              "what the sidecar is made of can't be patched: use agent-requests-cpu and the like,"
                  + " and the webhook's settings for all pods"),
          ignored(
              "agent-init-json-patch",
              "what the sidecar is made of can't be patched: use agent-requests-cpu and the like,"
                  + " and the webhook's settings for all pods"),
          ignored("template-config-exit-on-retry-failure", OWN_PACE),
          honoured(
              "template-static-secret-render-interval",
              "how often secrets without a lease are looked at, `1s` to `24h`; without it, every"
                  + " 10 s, which is every 5 minutes there"),
          ignored("template-max-connections-per-host", OWN_CONNECTIONS),
          ignored(
              "template-lease-renewal-threshold",
              "a lease is renewed or replaced at two thirds: remove it"),
          honoured("preserve-secret-case", MAY_NAME_A_SECRET, "the same"),
          honoured(
              "secret-volume-path",
              MAY_NAME_A_SECRET,
              "the directory; none may be inside of another; without it, `/vault/secrets`"),
          honoured("service", "the server's address; without it, the cluster's setting"),
          honoured("role", "the same"),
          honoured("namespace", "the same"),
          honoured(
              "auth-type",
              "`kubernetes`, `jwt`, `approle`, `cert` and `token_file`; others are refused: use one"
                  + " of these"),
          honoured("auth-path", "the same, with or without `auth/` before it"),
          honoured(
              "auth-config",
              NAMES_A_PARAMETER,
              "`role`, `token-path`, `path`, `name`, `role-id-file-path`, `secret-id-file-path`,"
                  + " `secret-id-response-wrapping-path`, `token-file-path`, `ca-cert`,"
                  + " `client-cert` and `client-key`, for the method that has it; others are"
                  + " ignored with a warning"),
          ignored("auth-min-backoff", OWN_PACE),
          ignored("auth-max-backoff", OWN_PACE),
          ignored(
              "proxy-address",
              "the sidecar talks to Vault directly: remove it where that works; else name a gateway"
                  + " of the cluster as service, and Vault in tls-server-name"),
          honoured("tls-secret", "the Secret that the sidecar alone gets"),
          honoured("tls-server-name", "the same"),
          ignored(
              "tls-skip-verify",
              "the server's certificate is always verified: name its CA in ca-cert, or have the"
                  + " cluster's operator set it",
              "false"),
          honoured(
              "ca-cert",
              "a file of `tls-secret` (`/vault/tls`), of `agent-extra-secret` (`/vault/custom`), or"
                  + " the cluster's own CA (`.../serviceaccount/ca.crt`)"),
          ignored("ca-key", "no server is verified with a key: name its CA in ca-cert"),
          honoured("client-cert", "a file of `tls-secret` or `agent-extra-secret`"),
          honoured("client-key", "a file of `tls-secret` or `agent-extra-secret`"),
          ignored("client-max-retries", OWN_PACE),
          honoured("client-timeout", "of one request, `1s` to `60s`; without it, `10s`"),
          ignored("go-max-procs", "the sidecar is no Go program: remove it"),
          ignored(
              "log-level",
              "the sidecar's log has one level, with a line for each login, fetch and publication:"
                  + " remove it"),
          ignored("log-format", "the sidecar's log is JSON: remove it", "json"));

  private static final Map<String, VaultAgentAnnotation> BY_NAME = byName();

  private static Map<String, VaultAgentAnnotation> byName() {
    var byName = new LinkedHashMap<String, VaultAgentAnnotation>();
    for (VaultAgentAnnotation annotation : ALL) {
      byName.put(annotation.name, annotation);
    }
    return byName;
  }

  /**
   * An annotation of a pod.
   *
   * @param of which one
   * @param suffix the secret or parameter it names; empty for none
   */
  record Written(VaultAgentAnnotation of, String suffix) {}

  /**
   * Understands a name, or answers null where Vault Agent Injector knows no such annotation.
   *
   * @param name what follows the prefix
   */
  static @Nullable Written read(String name) {
    VaultAgentAnnotation exact = BY_NAME.get(name);
    if (exact != null && (exact.suffix == NONE || exact.suffix == MAY_NAME_A_SECRET)) {
      return new Written(exact, "");
    }
    // The longest name goes first: agent-inject-template-file-x is no template named file-x.
    for (int hyphen = name.lastIndexOf('-');
        hyphen > 0;
        hyphen = name.lastIndexOf('-', hyphen - 1)) {
      VaultAgentAnnotation head = BY_NAME.get(name.substring(0, hyphen));
      if (head != null && head.suffix != NONE && hyphen + 1 < name.length()) {
        return new Written(head, name.substring(hyphen + 1));
      }
    }
    return null;
  }

  static List<String> names() {
    var names = new ArrayList<String>();
    for (VaultAgentAnnotation annotation : ALL) {
      names.add(annotation.name);
    }
    return names;
  }
}
