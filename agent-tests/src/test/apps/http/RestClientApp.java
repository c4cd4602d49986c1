import java.util.Base64;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

/** Spring's RestClient, and the RestTemplate, with what they find: java.net.http and the JDK's own. */
public class RestClientApp {
  public static void main(String[] args) throws Exception {
    HttpHeaders headers = new HttpHeaders();
    // The setBasicAuth of user and password wants a user without a colon.
    headers.setBasicAuth(
        Base64.getEncoder().encodeToString("keyturn:api/user:keyturn:api/password".getBytes()));
    headers.set("X-Token", "keyturn:api/token");
    RestClient client =
        RestClient.builder().defaultHeaders(all -> all.addAll(headers)).build();
    RestTemplate template = new RestTemplate();
    App.serve(
        command -> {
          String url = command.substring(command.indexOf(' ') + 1);
          if (command.startsWith("template ")) {
            return template
                .exchange(url, HttpMethod.GET, new HttpEntity<>(headers), String.class)
                .getBody();
          }
          return client.get().uri(url).retrieve().body(String.class) + " 200";
        });
  }
}
