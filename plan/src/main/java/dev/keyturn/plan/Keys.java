package dev.keyturn.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * What a plan and a pod's annotations may say: the one table that the reader checks keys with and
 * that the reference pages in {@code docs/} are made from.
 *
 * @param name as the author writes it
 * @param meaning one line for the reference page, in Markdown
 * @param fallback what holds without it, in Markdown; empty where it must be given
 */
record Keys(String name, String meaning, String fallback) {

  static final List<Keys> PLAN =
      List.of(
          new Keys("vault", "which Vault or OpenBao, and who we are to it", "no secret is there"),
          new Keys("secrets", "each secret's name, with its reference or its keys", ""));

  static final List<Keys> VAULT =
      List.of(
          new Keys("address", "`http` or `https`, host and port: `https://vault:8200`", ""),
          new Keys("namespace", "the server's namespace; may hold variables", "none"),
          new Keys("ca", "the CA certificates to trust, PEM", "the JVM's"),
          new Keys("ca-file", "a file with them", "the JVM's"),
          new Keys("server-name", "the name in the server's certificate", "the address's host"),
          new Keys("auth", "`kubernetes`, `jwt`, `approle` or `token`", "`kubernetes`"),
          new Keys("auth-mount", "where the server has the auth method", "the method's name"),
          new Keys(
              "role",
              "the role to log in with; may hold variables; must be given for `kubernetes`",
              "the server's own, for `jwt`"),
          new Keys(
              "token-file",
              "the file with the token or JWT; must be given for `jwt` and `token`",
              "`/keyturn/identity/token` for `kubernetes`"),
          new Keys("role-id-file", "the file with the role id; must be given for `approle`", ""),
          new Keys("secret-id-file", "the file with the secret id, for `approle`", "none"));

  static final List<Keys> SECRET =
      List.of(
          new Keys("from", "the [reference](#references); may hold variables", ""),
          new Keys(
              "format",
              "`raw`, `properties`, `env`, `json` or `yaml`, see [mount](mount.md#formats)",
              "`raw` for one field, else `properties`"),
          new Keys(
              "env",
              "environment names that the Java agent answers for, each with the secret's key;"
                  + " no key: the whole file",
              "[`NAME_KEY`](mount.md#names-the-agent-answers-for)"),
          new Keys("properties", "the same for system properties", "none"),
          new Keys("mode", "the file's permissions: four octal digits, at most `0664`", "`0400`"),
          new Keys("owner", "the file's owner by number: `uid:gid`", "the sidecar's"),
          new Keys("containers", "the containers that see it", "every container of the pod's own"),
          new Keys(
              "refresh",
              "how often to look where the source can't tell: `1s` to `24h`, in `ms`, `s`, `m` or"
                  + " `h`",
              "`10s`"),
          new Keys("required", "whether the workload waits for it: `true` or `false`", "`true`"));

  /** Annotations of a whole pod; those of its secrets and its vault follow {@link #SECRET}. */
  static final List<Keys> POD =
      List.of(
          new Keys("inject", "`true`: this pod gets secrets; `false`: leave it alone", ""),
          new Keys("plan", "a whole [plan](plan.md) as YAML", "none"),
          new Keys("java-agent", "`true`: JVMs get the Java agent", "`false`"),
          new Keys(
              "java-agent-containers",
              "the containers that get it, with commas between",
              "all that see a secret"),
          new Keys("mount-path", "where the files are in the containers", "`/keyturn/secrets`"),
          new Keys(
              "sidecar",
              "`native`, `init-and-sidecar`, or `init` (published once, never rotated)",
              "the cluster's"),
          new Keys(
              "run-as",
              "the sidecar's user and group by number: `uid` or `uid:gid`, not 0",
              "the first target container's"),
          new Keys("audience", "of the token that the sidecar logs in with", "the cluster's"),
          new Keys("status", "set by the webhook; ignored when read", "none"));

  static List<String> names(List<Keys> keys) {
    var names = new ArrayList<String>();
    for (Keys key : keys) {
      names.add(key.name);
    }
    return names;
  }
}
