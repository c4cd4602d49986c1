import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.cloud.context.config.annotation.RefreshScope;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Spring Boot with what applications do to get at their configuration. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableConfigurationProperties(SpringApp.Db.class)
public class SpringApp {
  @ConfigurationProperties("keyturn.db")
  public static class Db {
    private String password;

    public String getPassword() {
      return password;
    }

    public void setPassword(String password) {
      this.password = password;
    }
  }

  public static class Held {
    final String password;

    protected Held() {
      this(null);
    }

    Held(String password) {
      this.password = password;
    }

    public String password() {
      return password;
    }
  }

  @Bean
  Held held(@Value("${app.password}") String password) {
    return new Held(password);
  }

  @Bean
  @RefreshScope
  Held refreshed(@Value("${DB_PASSWORD}") String password) {
    return new Held(password);
  }

  public static void main(String[] args) throws Exception {
    ConfigurableApplicationContext context =
        SpringApplication.run(
            SpringApp.class,
            "--server.port=0",
            "--server.address=127.0.0.1",
            "--spring.main.banner-mode=off",
            "--logging.level.root=warn",
            "--management.endpoints.web.exposure.include=env",
            "--management.endpoint.env.show-values=always",
            "--app.password=${keyturn.db.password}");
    int port = ((WebServerApplicationContext) context).getWebServer().getPort();
    HttpClient client = HttpClient.newHttpClient();
    App.serve(
        command -> {
          switch (command) {
            case "held":
              return context.getBean("held", Held.class).password();
            case "bound":
              return context.getBean(Db.class).getPassword();
            case "refreshed":
              return context.getBean("refreshed", Held.class).password();
            default:
              if (command.startsWith("/")) {
                URI uri = URI.create("http://127.0.0.1:" + port + command);
                return client
                    .send(
                        HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body()
                    .replace('\n', ' ');
              }
              return context.getEnvironment().resolvePlaceholders(command);
          }
        });
  }
}
