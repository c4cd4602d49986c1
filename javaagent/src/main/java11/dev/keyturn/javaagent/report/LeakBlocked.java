package dev.keyturn.javaagent.report;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

@Name("dev.keyturn.LeakBlocked")
@Label("Leak Blocked")
@Category("Keyturn")
@Description("A secret's value was on its way to a log or a child process")
final class LeakBlocked extends Event {
  @Label("Secret")
  @Nullable String secret;

  @Label("Key")
  @Nullable String key;

  @Label("Version")
  @Nullable String version;

  @Label("Sink")
  @Nullable String sink;

  @Label("Outcome")
  @Description("masked, blocked or reported")
  @Nullable String outcome;

  @Label("Caller")
  @Nullable String caller;
}
