package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.sink.Sinks;
import dev.keyturn.javaagent.weaving.Joins;
import dev.keyturn.javaagent.weaving.Weaver;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What {@code KeyturnAnswers} asks, by the type of the first argument: a number, that of a join,
 * with the values of a call; a String, a class's name, with the class file that is about to be
 * defined or, with nothing, when it is looked up; a Class that was found or, with a true, defined;
 * a ClassLoader that has no parent or, with a class's name, is asked for it: not null if it is to
 * define it.
 */
final class Callbacks implements BiFunction<Object, @Nullable Object, @Nullable Object> {
  private final Joins joins;
  private final Weaver weaver;

  Callbacks(Joins joins, Weaver weaver) {
    this.joins = joins;
    this.weaver = weaver;
  }

  @Override
  public @Nullable Object apply(Object subject, @Nullable Object with) {
    if (subject instanceof Integer) {
      return Sinks.enter(joins.get((Integer) subject), (Object[]) Objects.requireNonNull(with));
    } else if (subject instanceof String) {
      if (with != null) {
        return weaver.defining((String) subject, (byte[]) with);
      }
      weaver.lookedUp((String) subject);
    } else if (subject instanceof ClassLoader) {
      if (with != null) {
        return weaver.isToBeDefined((String) with) ? with : null;
      }
      weaver.openDoors();
    } else if (with == null) {
      weaver.found((Class<?>) subject);
    } else {
      weaver.defined((Class<?>) subject);
    }
    return null;
  }
}
