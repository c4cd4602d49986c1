package dev.keyturn.javaagent.report;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

@Name("dev.keyturn.SecretUsed")
@Label("Secret Used")
@Category("Keyturn")
@Description("A stand-in was replaced by the current version of its secret")
final class SecretUsed extends Event {
  @Label("Secret")
  @Nullable String secret;

  @Label("Key")
  @Nullable String key;

  @Label("Version")
  @Nullable String version;

  @Label("Sink")
  @Nullable String sink;

  @Label("Host")
  @Nullable String host;

  @Label("Caller")
  @Nullable String caller;
}
