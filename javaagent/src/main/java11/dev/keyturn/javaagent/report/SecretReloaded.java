package dev.keyturn.javaagent.report;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

@Name("dev.keyturn.SecretReloaded")
@Label("Secret Reloaded")
@Category("Keyturn")
@Description("A new version of a secret was read from the mount")
@StackTrace(false)
final class SecretReloaded extends Event {
  @Label("Secret")
  @Nullable String secret;

  @Label("Version")
  @Nullable String version;
}
