package shop;

import org.springframework.data.jpa.repository.JpaRepository;

/** The table of orders. */
interface Orders extends JpaRepository<Purchase, Long> {}
