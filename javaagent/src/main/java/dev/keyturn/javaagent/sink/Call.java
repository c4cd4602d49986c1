package dev.keyturn.javaagent.sink;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A public method of a public type of a library, which the agent is not compiled against. Looked up
 * on the first object, and again if there is a second copy of the library. Any thread.
 */
final class Call {
  private final String owner;
  private final String signature;
  private volatile @Nullable Method method;

  /**
   * @param owner the type that declares the method, its name with dots
   * @param signature {@code name(type,type)}, the types' names with dots
   */
  Call(String owner, String signature) {
    this.owner = owner;
    this.signature = signature;
  }

  /** As {@link #orNull}, for a method that never returns null. */
  Object on(@Nullable Object receiver, @Nullable Object... arguments) throws Throwable {
    return Objects.requireNonNull(orNull(receiver, arguments), signature);
  }

  /**
   * What the method returns, or throws.
   *
   * @throws ReflectiveOperationException if there is no such method, or it can't be called
   */
  @Nullable Object orNull(@Nullable Object receiver, @Nullable Object... arguments)
      throws Throwable {
    Objects.requireNonNull(receiver, owner);
    Method known = method;
    if (known == null || !known.getDeclaringClass().isInstance(receiver)) {
      known = find(receiver);
      method = known;
    }
    try {
      return known.invoke(receiver, arguments);
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
  }

  private Method find(Object receiver) throws NoSuchMethodException {
    Class<?> type = type(receiver.getClass(), owner);
    if (type != null) {
      for (Method one : type.getMethods()) {
        if (signature.startsWith(one.getName()) && signature.equals(signature(one))) {
          return one;
        }
      }
    }
    throw new NoSuchMethodException(owner + "." + signature);
  }

  private static String signature(Method method) {
    StringBuilder signature = new StringBuilder(method.getName()).append('(');
    for (Class<?> parameter : method.getParameterTypes()) {
      signature.append(signature.charAt(signature.length() - 1) == '(' ? "" : ",");
      signature.append(parameter.getName());
    }
    return signature.append(')').toString();
  }

  /** The class of that name among a class and what it extends and implements; null if none is. */
  static @Nullable Class<?> type(@Nullable Class<?> type, String name) {
    for (Class<?> one = type; one != null; one = one.getSuperclass()) {
      if (one.getName().equals(name)) {
        return one;
      }
      for (Class<?> implemented : one.getInterfaces()) {
        Class<?> found = type(implemented, name);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  /** Another type of the library that a type of an object is of. */
  static Class<?> beside(Object object, String type, String wanted) throws ClassNotFoundException {
    Class<?> known = Objects.requireNonNull(type(object.getClass(), type), type);
    return Class.forName(wanted, false, known.getClassLoader());
  }
}
