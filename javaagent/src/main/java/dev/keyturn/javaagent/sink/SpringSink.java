package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.standin.RotationListener;
import dev.keyturn.javaagent.standin.Rotations;
import dev.keyturn.javaagent.standin.Snapshot;
import dev.keyturn.javaagent.weaving.Join;
import dev.keyturn.mount.MountedFile;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Spring's property source {@code systemProperties} also has what the agent answers for, which
 * System's own map lacks. Where Spring Cloud is there and a secret that is exposed as its value
 * changes, the application's contexts are refreshed: beans of {@code @ConfigurationProperties} are
 * bound anew, and those of {@code @RefreshScope} made anew. With stand-ins there is nothing to
 * refresh.
 */
final class SpringSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.SpringSink spring\n"
          + "org.springframework.core.env.AbstractEnvironment"
          + " getSystemProperties()Ljava/util/Map; instead\n"
          + "org.springframework.context.support.AbstractApplicationContext"
          + " finishRefresh()V arguments\n"
          // Spring Boot 4 and 3.5, then older: it copies variables, for names such as db.password.
          + "org.springframework.boot.context.properties.source"
          + ".SpringIterableConfigurationPropertySource$Cache"
          + " getSystemEnvironmentProperty(Ljava/lang/String;)Ljava/lang/Object; instead\n"
          + "org.springframework.boot.context.properties.source"
          + ".SpringIterableConfigurationPropertySource$Mappings"
          + " getSystemEnvironmentProperty(Ljava/lang/String;)Ljava/lang/Object; instead\n";

  private final List<WeakReference<Object>> contexts = new ArrayList<>();

  SpringSink() {
    Rotations.add(new Refresh());
  }

  @Override
  public @Nullable Object enter(Join join, Object[] values) {
    if (join.method.equals("getSystemProperties")) {
      return new SystemProperties();
    } else if (join.method.equals("getSystemEnvironmentProperty")) {
      Snapshot snapshot = Snapshot.current();
      String name = (String) values[1];
      return snapshot.variables().contains(name) ? snapshot.variable(name) : null;
    }
    synchronized (contexts) {
      for (Iterator<WeakReference<Object>> all = contexts.iterator(); all.hasNext(); ) {
        if (all.next().get() == null) {
          all.remove();
        }
      }
      contexts.add(new WeakReference<>(values[0]));
    }
    return null;
  }

  private final class Refresh extends RotationListener {
    @Override
    public void rotated(Snapshot before, Snapshot now, Set<String> changed) {
      boolean shown = false;
      for (String name : changed) {
        MountedFile file = now.file(name);
        shown |= file != null && !file.standIn();
      }
      List<WeakReference<Object>> all;
      synchronized (contexts) {
        all = shown ? new ArrayList<>(contexts) : new ArrayList<WeakReference<Object>>();
      }
      for (WeakReference<Object> one : all) {
        Object context = one.get();
        if (context != null) {
          try {
            refresh(context);
          } catch (ClassNotFoundException e) {
            // No Spring Cloud here.
          } catch (Throwable e) {
            Problems.failed("spring", e);
          }
        }
      }
    }
  }

  private static void refresh(Object context) throws Exception {
    ClassLoader ofSpring = context.getClass().getClassLoader();
    Class<?> type =
        Class.forName(
            "org.springframework.context.ConfigurableApplicationContext", false, ofSpring);
    if (!(Boolean) type.getMethod("isActive").invoke(context)) {
      return;
    }
    ClassLoader loader = (ClassLoader) type.getMethod("getClassLoader").invoke(context);
    Class<?> refresher =
        Class.forName("org.springframework.cloud.context.refresh.ContextRefresher", false, loader);
    Method refresh = refresher.getMethod("refresh");
    // Nothing that is no singleton, or would have to be made for this.
    Object beans =
        type.getMethod("getBeansOfType", Class.class, boolean.class, boolean.class)
            .invoke(context, refresher, false, false);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      for (Object bean : ((Map<?, ?>) beans).values()) {
        refresh.invoke(bean);
      }
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
