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
record Key(String name, String meaning, String fallback) {

  static final List<Key> PLAN =
      List.of(
          new Key("vault", "which Vault or OpenBao, and who we are to it", "no secret is there"),
          new Key("kubernetes", "how Secrets and ConfigMaps are read", "the defaults"),
          new Key("aws", "which region of AWS, and who we are to it", "the machine's or pod's own"),
          new Key("sops", "with what files of sops's are decrypted", "the defaults"),
          new Key("secrets", "each secret's name, with its reference or its keys", ""));

  static final List<Key> VAULT =
      List.of(
          new Key("address", "`http` or `https`, host and port: `https://vault:8200`", ""),
          new Key("namespace", "the server's namespace; may hold variables", "none"),
          new Key("ca", "the CA certificates to trust, PEM", "the JVM's"),
          new Key("ca-file", "a file with them", "the JVM's"),
          new Key("server-name", "the name in the server's certificate", "the address's host"),
          new Key("auth", "`kubernetes`, `jwt`, `approle`, `cert` or `token`", "`kubernetes`"),
          new Key("auth-mount", "where the server has the auth method", "the method's name"),
          new Key(
              "role",
              "the role to log in with; may hold variables; must be given for `kubernetes`",
              "the server's own, for `jwt`; any that fits, for `cert`"),
          new Key(
              "token-file",
              "the file with the token or JWT; must be given for `token`, and for `jwt` outside a pod",
              "`/keyturn/identity/token` for `kubernetes`, and for `jwt` in a pod"),
          new Key("role-id-file", "the file with the role id", "an error, for `approle`"),
          new Key("secret-id-file", "the file with the secret id; a role may do without", "none"),
          new Key(
              "wrapped",
              "`true`: the file of the secret id or token holds a response-wrapping token",
              "`false`"),
          new Key(
              "client-cert-file",
              "a TLS certificate (PEM) to show to the server; must be given for `cert`",
              "none"),
          new Key("client-key-file", "the file with its private key (PEM)", "none"),
          new Key(
              "revoke", "`false`: leases and the token are left to expire at the end", "`true`"),
          new Key("timeout", "of one request: `1s` to `60s`", "`10s`"));

  static final List<Key> KUBERNETES =
      List.of(
          new Key(
              "access",
              "how [Secrets and ConfigMaps](sources/kubernetes.md) are read: `volume` or `api`",
              "`volume`"),
          new Key("address", "of the API server, outside a pod", "the pod's"),
          new Key("namespace", "outside a pod", "the pod's"),
          new Key("token-file", "a service account's token, outside a pod", "the pod's, or none"),
          new Key(
              "ca-file",
              "the CA certificates of the API server, PEM, outside a pod",
              "the pod's, or the JVM's"));

  static final List<Key> AWS =
      List.of(
          new Key("region", "the region: `eu-central-1`", "the SDK's own: `AWS_REGION`, ..."),
          new Key("endpoint", "a URL in place of AWS' own, for every service", "AWS'"),
          new Key(
              "role-arn",
              "the role to log in as, with the token of `token-file`; may hold variables",
              "the SDK's own chain: [identity](sources/aws.md#identity)"),
          new Key(
              "token-file",
              "the file with the token, for `role-arn`",
              "`/keyturn/identity/aws-token`"));

  static final List<Key> SOPS =
      List.of(
          new Key(
              "age-identity-file",
              "the file with the age identities, as `age-keygen` writes it; relative to the plan",
              "no age recipient is us"));

  static final List<Key> SECRET =
      List.of(
          new Key(
              "from",
              "the [reference](#references), or several of which the first is used that is"
                  + " [there](#fallbacks); may hold variables",
              ""),
          new Key(
              "template",
              "in place of `from`: the file's text, with what is [computed](templates.md) in it",
              "`from` must be given"),
          new Key("left-delimiter", "what begins an action of the template", "`{{`"),
          new Key("right-delimiter", "what ends one", "`}}`"),
          new Key(
              "error-on-missing-key",
              "`true`: a template fails where a key is not there; `false`: it writes `<no value>`",
              "`false`"),
          new Key(
              "format",
              "`raw`, `properties`, `env`, `json`, `yaml`, `pem`, `pkcs12` or `jks`, see"
                  + " [mount](mount.md#formats)",
              "`raw` for one field, else `properties`"),
          new Key(
              "env",
              "environment names that the Java agent answers for, each with the secret's key;"
                  + " no key: the whole file",
              "[`NAME_KEY`](mount.md#names-the-agent-answers-for)"),
          new Key("properties", "the same for system properties", "none"),
          new Key(
              "mode",
              "the file's permissions: four octal digits, at most `0664`",
              "`0400`; in a pod, [what its readers can read](webhook.md#users-and-modes)"),
          new Key("owner", "the file's owner by number: `uid:gid`", "the sidecar's"),
          new Key("containers", "the containers that see it", "every container of the pod's own"),
          new Key(
              "refresh",
              "how often to look where the source can't tell: `1s` to `24h`, in `ms`, `s`, `m` or"
                  + " `h`",
              "`10s`; `5m` in AWS; none for [what is made for us](#parameters)"),
          new Key("required", "whether the workload waits for it: `true` or `false`", "`true`"),
          new Key("on-change", "what to do [after a change](#after-a-change): a list", "nothing"),
          new Key(
              "group",
              "secrets of the same group [change together](#groups)",
              "it changes by itself"),
          new Key("store-password", "of a `pkcs12` or `jks` file; no secret", "`changeit`"),
          new Key(
              "expose",
              "what the Java agent answers with: the `value`, or a `stand-in` for it",
              "`value`"),
          new Key(
              "hosts",
              "to which hosts the Java agent lets a request carry it: `api.example.com`,"
                  + " `*.example.com`, each with an optional `:port`",
              "to none"));

  /** What may be in one item of {@code on-change}. */
  static final List<Key> ACTION =
      List.of(
          new Key(
              "signal",
              "`HUP`, `INT`, `QUIT`, `USR1`, `USR2`, `TERM` or `WINCH`, to a process",
              "no signal"),
          new Key("process", "by the name of its program's file", "`port` must be given"),
          new Key("port", "or by the TCP port that it listens on", "`process` must be given"),
          new Key("http", "an HTTP call to this URL, on loopback alone", "no call"),
          new Key("method", "of the call: `POST`, `GET` or `PUT`", "`POST`"),
          new Key(
              "command",
              "a program in the sidecar's own container: a list of its absolute path and its"
                  + " arguments; no shell",
              "no command"),
          new Key("timeout", "of one try: `1s` to `60s`", "`10s`"));

  /** What only a pod can say of a secret. */
  static final List<Key> POD_SECRET =
      List.of(new Key("mount-path", "where this file is in the containers", "the pod's"));

  /** Annotations of a whole pod; those of its secrets and its vault follow {@link #SECRET}. */
  static final List<Key> POD =
      List.of(
          new Key("inject", "`true`: this pod gets secrets; `false`: leave it alone", ""),
          new Key("plan", "a whole [plan](plan.md) as YAML", "none"),
          new Key("java-agent", "`true`: JVMs get the Java agent", "`false`"),
          new Key(
              "java-agent-containers",
              "the containers that get it, with commas between",
              "all that see a secret"),
          new Key(
              "java-agent-options",
              "the agent's [options](java-agent.md#options) `window`, `retire`, `children`, `sinks`"
                  + " and `mask`, with commas between: `retire=30s,sinks=jdbc`",
              "the agent's defaults"),
          new Key("mount-path", "where the files are in the containers", "`/keyturn/secrets`"),
          new Key(
              "resources",
              "of the sidecar, by name: `requests.cpu=20m,limits.memory=128Mi`; nothing behind"
                  + " the `=`: no such bound",
              "the cluster's"),
          new Key(
              "tls-secret",
              "a Kubernetes Secret whose files the sidecar alone gets, in `/keyturn/tls`: for"
                  + " `vault.ca-file` and the like",
              "none"),
          new Key(
              "extra-secret",
              "one more, in `/keyturn/extra`: for `vault.secret-id-file` and the like",
              "none"),
          new Key(
              "sops-configmap",
              "a ConfigMap with files of sops's, which the sidecar alone gets, in `/keyturn/sops`",
              "none"),
          new Key(
              "sidecar",
              "`native`, `init-and-sidecar`, or `init` (published once, never rotated)",
              "the cluster's"),
          new Key(
              "hibernate",
              "`true`: the sidecar's process [sleeps](hibernation.md) while nothing is due",
              "`false`"),
          new Key(
              "run-as",
              "the sidecar's user and group by number: `uid` or `uid:gid`, not 0",
              "the first target container's"),
          new Key(
              "audience",
              "of the token that the sidecar logs in with; empty: the API server's own, as the"
                  + " tokens have that Kubernetes mounts by itself",
              "the cluster's"),
          new Key(
              "refresh",
              "on a running pod: has its secrets [looked at now](propagation.md#a-hint) when its text"
                  + " changes; `[NAME,...@]TEXT[ within DURATION]`",
              "the secrets are looked at in their own time"),
          new Key("status", "set by the webhook; ignored when read", "none"));

  static List<String> names(List<Key> keys) {
    var names = new ArrayList<String>();
    for (Key key : keys) {
      names.add(key.name);
    }
    return names;
  }
}
