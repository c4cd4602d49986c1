package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.guard.ChildProcesses;
import dev.keyturn.javaagent.sink.Sinks;
import dev.keyturn.javaagent.weaving.Joins;
import dev.keyturn.javaagent.weaving.Weaver;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What {@code KeyturnAnswers} asks, by the type of the first argument: a number, that of a join,
 * with the values of a call; a String, a class's name, with the class file that is about to be
 * defined; a Class that was found or, with a true, defined; the command of a child process, with
 * its environment.
 */
final class Callbacks implements BiFunction<Object, @Nullable Object, @Nullable Object> {
  private final Joins joins;
  private final Weaver weaver;
  private final Map<String, String> realEnvironment;

  Callbacks(Joins joins, Weaver weaver, Map<String, String> realEnvironment) {
    this.joins = joins;
    this.weaver = weaver;
    this.realEnvironment = realEnvironment;
  }

  @Override
  public @Nullable Object apply(Object subject, @Nullable Object with) {
    if (subject instanceof Integer) {
      return Sinks.enter(joins.get((Integer) subject), (Object[]) Objects.requireNonNull(with));
    } else if (subject instanceof String) {
      return weaver.defining((String) subject, (byte[]) Objects.requireNonNull(with));
    } else if (subject instanceof String[]) {
      @SuppressWarnings("unchecked") // what ProcessBuilder starts a process with
      Map<String, String> environment = (Map<String, String>) with;
      return ChildProcesses.check((String[]) subject, environment, realEnvironment);
    } else if (with == null) {
      weaver.found((Class<?>) subject);
    } else {
      weaver.defined((Class<?>) subject);
    }
    return null;
  }
}
