package shop;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Takes orders and counts them. */
@SpringBootApplication
@RestController
public class Shop {
  private final Orders orders;

  Shop(Orders orders) {
    this.orders = orders;
  }

  public static void main(String[] args) {
    SpringApplication.run(Shop.class, args);
  }

  @PostMapping("/orders")
  Map<String, Object> order(@RequestParam String item) {
    Purchase saved = orders.save(new Purchase(item));
    return Map.of("id", saved.getId(), "item", saved.getItem());
  }

  @GetMapping("/orders")
  Map<String, Object> count() {
    return Map.of("count", orders.count());
  }
}
