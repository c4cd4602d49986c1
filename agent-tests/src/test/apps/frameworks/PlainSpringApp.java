import org.springframework.context.support.GenericApplicationContext;

/** Spring without Boot and Cloud: a text in, the same with its placeholders resolved out. */
public class PlainSpringApp {
  public static void main(String[] args) throws Exception {
    GenericApplicationContext context = new GenericApplicationContext();
    context.refresh();
    App.serve(command -> context.getEnvironment().resolveRequiredPlaceholders(command));
  }
}
