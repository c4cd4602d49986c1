package dev.keyturn.webhook;

/** What an operator can set: a variable of the webhook's environment each. */
enum Setting {
  IMAGE("KEYTURN_IMAGE", "", "Image of the injected container. Required."),
  IMAGE_PULL_POLICY(
      "KEYTURN_IMAGE_PULL_POLICY",
      "IfNotPresent",
      "When a node pulls that image: `Always`, `IfNotPresent` or `Never`."),
  SIDECAR(
      "KEYTURN_SIDECAR",
      "native",
      "How a pod carries the injected container unless it says so itself: `native` (Kubernetes"
          + " 1.29 and newer), `init-and-sidecar` or `init`."),
  VAULT_ADDRESS(
      "KEYTURN_VAULT_ADDRESS",
      "",
      "Address of Vault or OpenBao, for plans that don't say: `https://vault.example.com:8200`."),
  VAULT_ROLE(
      "KEYTURN_VAULT_ROLE",
      "",
      "Role to log in with, for plans that don't say. May hold `${namespace}`,"
          + " `${serviceaccount}` and `${environment}`."),
  VAULT_AUTH(
      "KEYTURN_VAULT_AUTH",
      "",
      "How pods log in, for plans that don't say: `kubernetes` or `jwt`."),
  VAULT_AUTH_MOUNT(
      "KEYTURN_VAULT_AUTH_MOUNT", "", "Where that login is enabled, for plans that don't say."),
  VAULT_NAMESPACE(
      "KEYTURN_VAULT_NAMESPACE",
      "",
      "Vault's own namespace (the `X-Vault-Namespace` header), for plans that don't say."),
  VAULT_CA(
      "KEYTURN_VAULT_CA",
      "",
      "Certificates that vouch for Vault, PEM, for plans that don't say. The JVM's own where"
          + " empty."),
  VAULT_SERVER_NAME(
      "KEYTURN_VAULT_SERVER_NAME",
      "",
      "Name that Vault's certificate carries where it is not the address's, for plans that don't"
          + " say."),
  AUDIENCE(
      "KEYTURN_AUDIENCE",
      "vault",
      "Audience of the service account's token that the injected container shows, for pods that"
          + " don't say."),
  ENVIRONMENT(
      "KEYTURN_ENVIRONMENT", "", "What `${environment}` stands for in references: `staging`."),
  RESOURCES(
      "KEYTURN_RESOURCES",
      "{\"requests\":{\"cpu\":\"10m\",\"memory\":\"64Mi\"},\"limits\":{\"memory\":\"128Mi\"}}",
      "Resources of the injected container, JSON, as in a pod. The files it writes count as its"
          + " memory. No CPU limit by default: it would slow the start of every pod."),
  MOUNT_SIZE("KEYTURN_MOUNT_SIZE", "16Mi", "Size limit of each tmpfs of secrets."),
  STARTUP_ATTEMPTS(
      "KEYTURN_STARTUP_ATTEMPTS",
      "6",
      "How many times the startup probe is tried, each for up to 60 s, before the injected"
          + " container is restarted: 1 to 1000."),
  PROFILES(
      "KEYTURN_PROFILES",
      "",
      "File with [profiles](profiles.md), looked at every 10 s. Without one, these settings hold"
          + " for all namespaces and nothing is limited."),
  VAULT_ANNOTATIONS(
      "KEYTURN_VAULT_ANNOTATIONS",
      "false",
      "`true`: the [annotations of Vault Agent Injector](vault-agent-annotations.md) are answered,"
          + " too."),
  LISTEN("KEYTURN_LISTEN", "0.0.0.0:8443", "Address and port of the webhook's own server."),
  CERTIFICATE(
      "KEYTURN_CERTIFICATE",
      "self-made",
      "Where the server's certificate comes from: `self-made`, or `files` in"
          + " KEYTURN_CERTIFICATE_DIR."),
  CERTIFICATE_DIR(
      "KEYTURN_CERTIFICATE_DIR",
      "/keyturn/tls",
      "Directory with `tls.crt` and `tls.key`; looked at every 10 s."),
  CERTIFICATE_SECRET(
      "KEYTURN_CERTIFICATE_SECRET",
      "keyturn-webhook-tls",
      "Secret in the webhook's own namespace where all replicas keep the self-made certificate."),
  WEBHOOK_CONFIGURATION(
      "KEYTURN_WEBHOOK_CONFIGURATION",
      "keyturn",
      "MutatingWebhookConfiguration whose caBundle is kept right where the certificate is"
          + " self-made."),
  WEBHOOK_SERVICE(
      "KEYTURN_WEBHOOK_SERVICE",
      "keyturn-webhook",
      "Name of the webhook's Service, for the self-made certificate."),
  WEBHOOK_NAMESPACE(
      "KEYTURN_WEBHOOK_NAMESPACE",
      "keyturn",
      "Namespace of the webhook's Service and of that Secret."),
  MISSED(
      "KEYTURN_MISSED",
      "0s",
      "How often pods that ask for secrets and run without them are looked for, `10s` to `9999s`;"
          + " never at `0s`. Needs the right to list pods and to create Events."),
  CLIENT_CA(
      "KEYTURN_CLIENT_CA",
      "",
      "Certificates that vouch for the API server's client certificate, PEM. Where set, nobody else"
          + " is answered on `/mutate`; the API server must be told to show one."),
  CLIENT_SUBJECT(
      "KEYTURN_CLIENT_SUBJECT",
      "",
      "Subject of that certificate, such as `CN=kube-apiserver`; any that the CA vouches for where"
          + " empty."),
  DRAIN(
      "KEYTURN_DRAIN",
      "5s",
      "How long requests are still taken after SIGTERM, while the cluster takes the replica out of"
          + " the Service: `0s` to `60s`.");

  private final String variable;
  private final String byDefault;
  private final String text;

  Setting(String variable, String byDefault, String text) {
    this.variable = variable;
    this.byDefault = byDefault;
    this.text = text;
  }

  /** The variable's name. */
  String variable() {
    return variable;
  }

  /** The value where the variable is not set; empty for none. */
  String byDefault() {
    return byDefault;
  }

  /** What it does, in Markdown, for {@code docs/webhook.md}. */
  String text() {
    return text;
  }
}
