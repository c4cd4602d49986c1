package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.weaving.Join;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;

/**
 * Calls a woven method once more, for a sink that answers in its place. It is looked up each time:
 * a connection is opened rarely, and a look costs some microseconds.
 */
final class Again {
  private Again() {}

  /**
   * Calls the method of the join on its receiver, with the other values as arguments; the sink is
   * not entered meanwhile.
   *
   * @throws Sink.Thrown with what the method throws
   * @throws ReflectiveOperationException if it is not a public method of a public type
   */
  static @Nullable Object call(Sink sink, Join join, @Nullable Object[] values)
      throws Sink.Thrown, ReflectiveOperationException {
    Object receiver = values[0];
    Method method = receiver == null ? null : find(receiver.getClass(), join);
    if (method == null) {
      throw new NoSuchMethodException(join.toString());
    }
    Object[] arguments = new Object[values.length - 1];
    System.arraycopy(values, 1, arguments, 0, arguments.length);
    Sink before = Sinks.proceeding(sink);
    try {
      return method.invoke(receiver, arguments);
    } catch (InvocationTargetException e) {
      throw new Sink.Thrown(e.getTargetException());
    } finally {
      Sinks.proceeded(before);
    }
  }

  private static @Nullable Method find(Class<?> type, Join join) {
    for (Class<?> one = type; one != null; one = one.getSuperclass()) {
      // Interfaces first: the JDK exports them, and not what implements them.
      for (Class<?> implemented : one.getInterfaces()) {
        Method method = declared(implemented, join);
        if (method != null) {
          return method;
        }
      }
    }
    return declared(type, join);
  }

  private static @Nullable Method declared(Class<?> type, Join join) {
    String parameters = join.descriptor.substring(0, join.descriptor.indexOf(')') + 1);
    for (Method method : type.getMethods()) {
      if (method.getName().equals(join.method)
          && Modifier.isPublic(method.getDeclaringClass().getModifiers())
          && MethodType.methodType(void.class, method.getParameterTypes())
              .toMethodDescriptorString()
              .startsWith(parameters)) {
        return method;
      }
    }
    return null;
  }
}
