"""How long after the broker's acknowledgement a transaction is painted on an open page.

    painted.py URL BROKERS ACCOUNT
"""
import json
import random
import sys
import time

from confluent_kafka import Producer
from playwright.sync_api import sync_playwright

url, brokers, account = sys.argv[1:]
ROUNDS = 50

# When a part of the page differs from what it was: the frame after the one that has it.
WATCH = """(selector) => {
    const shown = () => document.querySelector(selector).textContent;
    const before = shown();
    window.paintedAt = 0;
    const observer = new MutationObserver(() => {
        if (shown() === before) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => {
            window.paintedAt = performance.timeOrigin + performance.now();
        }));
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
}"""

producer = Producer({"bootstrap.servers": brokers, "linger.ms": 0, "partitioner": "murmur2_random"})


def post():
    """Send one transaction; when it was acknowledged, in ms of this machine's clock."""
    acknowledged = []
    value = json.dumps({"transaction_date": "2099-01-01T00:00:00Z", "account": account,
                        "transaction_value": "1.00", "transaction_type": "deposit"})
    producer.produce("ledger", value.encode(), key=account.encode(),
                     on_delivery=lambda error, message: acknowledged.append((error, time.time())))
    while not acknowledged:
        producer.poll(0.001)
    assert acknowledged[0][0] is None, acknowledged[0][0]
    return acknowledged[0][1] * 1000


def measure(page, name, path, selector):
    page.goto(url + path)
    page.wait_for_selector("#live[data-state=on]")
    times = []
    for _ in range(ROUNDS):
        page.evaluate(WATCH, selector)
        acknowledged_ms = post()
        page.wait_for_function("() => window.paintedAt > 0", timeout=60000)
        times.append(page.evaluate("window.paintedAt") - acknowledged_ms)
        time.sleep(random.uniform(0.2, 0.8))
    times.sort()
    print(f"| acknowledged to painted, {name} | p50 {times[ROUNDS // 2]:.0f} ms "
          f"| max {times[-1]:.0f} ms of {ROUNDS} |")


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path="/usr/bin/chromium",
        args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
    page = browser.new_page()
    measure(page, "transactions", "/transactions?lang=fr", "tbody tr")
    measure(page, "overview", "/?lang=fr", "#totals")
    browser.close()
