package dev.keyturn.sidecar.sops;

import java.util.Map;
import java.util.Optional;

/** A key that the data key, or a part of it, is encrypted with. */
sealed interface MasterKey {

  /** The key for people: never a secret. */
  String shown();

  /**
   * An age recipient.
   *
   * @param recipient what the file says of it, which nothing vouches for
   * @param encrypted an age file, armored
   */
  record Age(String recipient, String encrypted) implements MasterKey {
    @Override
    public String shown() {
      return "the age recipient " + recipient;
    }
  }

  /**
   * A key of Vault's transit engine. Where the server is, the file says too, but nothing vouches
   * for that: a token goes to the plan's server alone.
   *
   * @param engine where the engine is mounted
   * @param encrypted what the engine made of it: {@code vault:v1:...}
   */
  record Transit(String engine, String name, String encrypted) implements MasterKey {
    @Override
    public String shown() {
      return "the transit key " + engine + "/keys/" + name;
    }
  }

  /**
   * A key of AWS KMS.
   *
   * @param role to assume for it; empty for none
   * @param context the encryption context
   * @param encrypted base64
   */
  record Kms(String arn, Optional<String> role, Map<String, String> context, String encrypted)
      implements MasterKey {
    @Override
    public String shown() {
      return "the KMS key " + arn;
    }
  }

  /** A key of a service that nothing here can ask. */
  record Unsupported(String service, String name) implements MasterKey {
    @Override
    public String shown() {
      return "the " + service + " key " + name;
    }
  }
}
