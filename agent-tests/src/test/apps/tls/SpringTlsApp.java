import java.io.File;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Spring Boot with an SSL bundle and a config tree of the mount; {@code true}: it watches the files. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
public class SpringTlsApp {
  @GetMapping("/")
  public String ok() {
    return "ok";
  }

  public static void main(String[] args) throws Exception {
    // Not by the agent, which may be off.
    String classes = System.getProperty("java.class.path").split(File.pathSeparator)[0];
    Path mount = Paths.get(classes).resolveSibling("mount");
    try (DirectoryStream<Path> files = Files.newDirectoryStream(mount.resolve("..data"))) {
      for (Path file : files) {
        // The stable names, which are the writer's to make.
        Path name = file.getFileName();
        Files.createSymbolicLink(mount.resolve(name), Paths.get("..data").resolve(name));
      }
    }
    ConfigurableApplicationContext context =
        SpringApplication.run(
            SpringTlsApp.class,
            "--server.port=0",
            "--spring.main.banner-mode=off",
            "--logging.level.root=warn",
            "--spring.config.import=configtree:" + mount + "/",
            "--server.ssl.bundle=web",
            "--spring.ssl.bundle.pem.web.reload-on-update=" + args[0],
            "--spring.ssl.bundle.watch.file.quiet-period=200ms",
            "--spring.ssl.bundle.pem.web.key.alias=web",
            "--spring.ssl.bundle.pem.web.keystore.certificate=" + mount.resolve("web"),
            "--spring.ssl.bundle.pem.web.keystore.private-key=" + mount.resolve("web"));
    int port = ((WebServerApplicationContext) context).getWebServer().getPort();
    App.serve(
        command ->
            command.equals("port")
                ? String.valueOf(port)
                : context.getEnvironment().getRequiredProperty(command));
  }
}
