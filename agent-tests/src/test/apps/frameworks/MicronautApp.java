import io.micronaut.context.ApplicationContext;

/** Micronaut: a text in, the same with its placeholders resolved out. */
public class MicronautApp {
  public static void main(String[] args) throws Exception {
    ApplicationContext context = ApplicationContext.run();
    App.serve(
        command ->
            context
                .getEnvironment()
                .getPlaceholderResolver()
                .resolveRequiredPlaceholders(command));
  }
}
