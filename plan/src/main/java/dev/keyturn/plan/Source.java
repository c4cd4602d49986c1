package dev.keyturn.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A place that holds secrets, named by the first part of a {@link Reference}. */
public enum Source {
  /** HashiCorp Vault or OpenBao: {@code vault:secret/data/app#password}. */
  VAULT("vault"),
  /**
   * A local file: {@code file:/etc/app/db.properties#password}; absolute, or relative to the plan.
   */
  FILE("file"),
  /** Kubernetes Secrets and ConfigMaps of the own namespace: {@code k8s:secret/app#password}. */
  K8S("k8s"),
  /** A file that {@code sops} has encrypted: {@code sops:/etc/app/secrets.yaml#db.password}. */
  SOPS("sops"),
  /** AWS Systems Manager Parameter Store: {@code aws-ssm:/prod/db/password}. */
  AWS_SSM("aws-ssm"),
  /** AWS Secrets Manager: {@code aws-sm:prod/db#password}. */
  AWS_SM("aws-sm");

  private final String prefix;

  Source(String prefix) {
    this.prefix = prefix;
  }

  /** What stands before the colon of a reference. */
  public String prefix() {
    return prefix;
  }

  /** The options that its references may have. */
  List<String> options() {
    return switch (this) {
      case VAULT -> List.of("version", "decode", "method");
      case FILE, SOPS -> List.of("format", "decode", "decrypt");
      case K8S -> List.of("decode", "decrypt");
      case AWS_SSM -> List.of("version", "label", "recursive", "format", "decode", "decrypt");
      case AWS_SM -> List.of("stage", "version-id", "format", "decode", "decrypt");
    };
  }

  /** How often to look there where the plan does not say, see {@code docs/plan.md}. */
  Duration refresh() {
    // A request there costs money, and is one of few that an account may make in a second.
    return isAws() ? Duration.ofMinutes(5) : Duration.ofSeconds(10);
  }

  boolean isAws() {
    return this == AWS_SSM || this == AWS_SM;
  }

  /** Whether its paths are those of files, which the reader's own machine or pod has. */
  boolean isFile() {
    return this == FILE || this == SOPS;
  }

  static @Nullable Source named(String prefix) {
    for (Source source : values()) {
      if (source.prefix.equals(prefix)) {
        return source;
      }
    }
    return null;
  }

  static List<String> prefixes() {
    var prefixes = new ArrayList<String>();
    for (Source source : values()) {
      prefixes.add(source.prefix);
    }
    return prefixes;
  }
}
