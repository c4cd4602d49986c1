import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.apache.http.HttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.impl.nio.client.CloseableHttpAsyncClient;
import org.apache.http.impl.nio.client.HttpAsyncClients;
import org.apache.http.util.EntityUtils;

/** Apache HttpAsyncClient 4: one client, and a request that is used again. */
public class Apache4Async {
  public static void main(String[] args) throws Exception {
    String basic =
        "Basic "
            + Base64.getEncoder()
                .encodeToString("keyturn:api/user:keyturn:api/password".getBytes());
    CloseableHttpAsyncClient client = HttpAsyncClients.createDefault();
    client.start();
    Map<String, HttpGet> requests = new HashMap<>();
    App.serve(
        command -> {
          String url = command.substring("get ".length());
          HttpGet request = requests.get(url);
          if (request == null) {
            request = new HttpGet(url);
            request.setHeader("Authorization", basic);
            request.setHeader("X-Token", "keyturn:api/token");
            requests.put(url, request);
          }
          HttpResponse response = client.execute(request, null).get();
          return EntityUtils.toString(response.getEntity())
              + " "
              + response.getStatusLine().getStatusCode();
        });
  }
}
