import io.smallrye.config.SmallRyeConfigBuilder;
import org.eclipse.microprofile.config.Config;

/** MicroProfile Config as in Quarkus: a name in, its value out. */
public class SmallRyeApp {
  public static void main(String[] args) throws Exception {
    Config config =
        new SmallRyeConfigBuilder().addDefaultInterceptors().addDefaultSources().build();
    App.serve(command -> config.getValue(command, String.class));
  }
}
