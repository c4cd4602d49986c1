import java.io.File;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.apache.catalina.Context;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.loader.WebappLoader;
import org.apache.catalina.startup.Tomcat;

/** An application server: the sinks' callers and the driver are in the loader of a web application. */
public class Webapp {
  private static Tomcat tomcat;
  private static Context context;
  private static WeakReference<ClassLoader> before;

  /** Arguments: a folder to work in, the driver's jar. */
  public static void main(String[] args) throws Exception {
    Path base = Paths.get(args[0]);
    Path libraries = Files.createDirectories(base.resolve("webapp/WEB-INF/lib"));
    Files.copy(Paths.get(args[1]), libraries.resolve("driver.jar"));
    String own = Webapp.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    Files.copy(Paths.get(own), libraries.resolve("app.jar"));
    tomcat = new Tomcat();
    tomcat.setBaseDir(base.toString());
    tomcat.setPort(0);
    tomcat.start();
    deploy(base);
    App.serve(
        command -> {
          if (command.equals("redeploy")) {
            before = new WeakReference<>(context.getLoader().getClassLoader());
            context.stop();
            context.destroy();
            tomcat.getHost().removeChild(context);
            context = null;
            deploy(base);
            return "redeployed";
          } else if (command.equals("collected")) {
            System.gc();
            return String.valueOf(before.get() == null);
          }
          ClassLoader loader = context.getLoader().getClassLoader();
          Thread thread = Thread.currentThread();
          ClassLoader outer = thread.getContextClassLoader();
          thread.setContextClassLoader(loader);
          try {
            Class<?> sinks = loader.loadClass("Sinks");
            if (sinks.getClassLoader() != loader) {
              throw new IllegalStateException("not in the web application");
            }
            return (String) sinks.getMethod("run", String.class).invoke(null, command);
          } finally {
            thread.setContextClassLoader(outer);
          }
        });
  }

  private static void deploy(Path base) throws Exception {
    StandardContext deployed =
        (StandardContext) tomcat.addContext("/app", new File(base.toFile(), "webapp").getPath());
    deployed.setLoader(new WebappLoader());
    deployed.start();
    context = deployed;
  }
}
