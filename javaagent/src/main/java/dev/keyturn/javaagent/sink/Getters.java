package dev.keyturn.javaagent.sink;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Calls public methods without parameters on a library's objects, whose types the agent does not
 * know. What was looked up is kept with the object's class, and goes when that does. Any thread.
 */
final class Getters {
  private static final ClassValue<Map<String, Method>> METHODS =
      new ClassValue<Map<String, Method>>() {
        @Override
        protected Map<String, Method> computeValue(Class<?> type) {
          return new ConcurrentHashMap<>();
        }
      };

  private Getters() {}

  /**
   * The method's result.
   *
   * @throws ReflectiveOperationException if there is no such method, or it fails
   */
  static @Nullable Object get(Object of, String method) throws ReflectiveOperationException {
    Map<String, Method> known = METHODS.get(of.getClass());
    Method found = known.get(method);
    if (found == null) {
      found = find(of.getClass(), method);
      if (found == null) {
        throw new NoSuchMethodException(of.getClass().getName() + "." + method + "()");
      }
      known.put(method, found);
    }
    return found.invoke(of);
  }

  /** As a public type declares it, since a class that is not public lets nobody call it. */
  private static @Nullable Method find(Class<?> type, String method) {
    for (Class<?> at = type; at != null; at = at.getSuperclass()) {
      if (Modifier.isPublic(at.getModifiers())) {
        try {
          return at.getDeclaredMethod(method);
        } catch (NoSuchMethodException e) {
          // A supertype may have it.
        }
      }
      for (Class<?> parent : at.getInterfaces()) {
        Method found = find(parent, method);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }
}
