package dev.keyturn.webhook.profile;

import java.util.List;

/**
 * What a profile may say: the one table that the reader checks keys with and that {@code
 * docs/profiles.md} is made from.
 *
 * @param name as the operator writes it
 * @param meaning one line, in Markdown
 * @param fallback what holds without it, in Markdown
 */
record ProfileKey(String name, String meaning, String fallback) {

  static final List<ProfileKey> PROFILE =
      List.of(
          new ProfileKey(
              "namespaces",
              "where it may be used: names, with `*` for any text, such as `[shop, \"prod-*\"]`",
              "anywhere"),
          new ProfileKey(
              "environment", "what `${environment}` stands for", "`KEYTURN_ENVIRONMENT`"),
          new ProfileKey(
              "variables",
              "what [variables of your own](#variables) stand for: `{store: \"vault:secret/data\"}`",
              "none"),
          new ProfileKey("vault", "[which Vault, and how to log in](#vault)", "the settings"),
          new ProfileKey("aws", "[which region of AWS, and who pods are to it](#aws)", "the pod's"),
          new ProfileKey(
              "audience", "of the token that the sidecar logs in with", "`KEYTURN_AUDIENCE`"),
          new ProfileKey("sidecar", "`native`, `init-and-sidecar` or `init`", "`KEYTURN_SIDECAR`"),
          new ProfileKey("resources", "of the sidecar, as in a pod", "`KEYTURN_RESOURCES`"),
          new ProfileKey("limits", "[what pods may ask for](#limits)", "no limit"));

  static final List<ProfileKey> VAULT =
      List.of(
          new ProfileKey("address", "`https://vault.example.com:8200`", "the settings'"),
          new ProfileKey(
              "role",
              "to log in with; may hold `${namespace}`, `${serviceaccount}`, `${environment}`",
              "the settings'"),
          new ProfileKey("auth", "`kubernetes` or `jwt`", "the settings'"),
          new ProfileKey("auth-mount", "where the server has the method", "the settings'"),
          new ProfileKey("namespace", "the server's own namespace", "the settings'"),
          new ProfileKey("ca", "the CA certificates to trust, PEM", "the settings'"),
          new ProfileKey("server-name", "the name in the server's certificate", "the settings'"));

  static final List<ProfileKey> AWS =
      List.of(
          new ProfileKey("region", "the region: `eu-central-1`", "the SDK's own"),
          new ProfileKey("endpoint", "a URL in place of AWS' own, for every service", "AWS'"),
          new ProfileKey(
              "role-arn",
              "the role to log in as; may hold `${namespace}`, `${serviceaccount}`,"
                  + " `${environment}`",
              "the SDK's own chain"));

  static final List<ProfileKey> LIMITS =
      List.of(
          new ProfileKey(
              "aws",
              "what pods may set of `aws` themselves, of `region`, `endpoint`, `role-arn`,"
                  + " `token-file`; `[]`: nothing",
              "all"),
          new ProfileKey(
              "vault",
              "what pods may set of `vault` themselves, of `address`, `namespace`, `ca`,"
                  + " `server-name`, `auth` (the method and what belongs to it), `role`, `revoke`,"
                  + " `timeout`; `[]`: nothing",
              "all"),
          new ProfileKey(
              "sources",
              "where secrets may be: `vault`, `file`, `k8s`, `sops`, `aws-ssm`, `aws-sm`",
              "all"),
          new ProfileKey(
              "references",
              "[patterns](#patterns) of references, such as"
                  + " `vault:secret/data/${environment}/${namespace}/**`",
              "all"),
          new ProfileKey(
              "expose",
              "what the Java agent may answer with: `value`, `stand-in`. `[stand-in]` also makes"
                  + " that the answer for secrets that don't say",
              "both"),
          new ProfileKey(
              "on-change", "what may be done after a change: `signal`, `http`, `command`", "all"),
          new ProfileKey("sidecars", "how pods may carry theirs, by the names of `sidecar`", "all"),
          new ProfileKey("audiences", "of the token that the sidecar logs in with", "any"),
          new ProfileKey(
              "resources",
              "which resources of the sidecar pods may set themselves, such as `limits.memory`;"
                  + " `[]`: none",
              "all"));
}
