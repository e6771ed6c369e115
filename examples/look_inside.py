"""Train on a table in memory, then look: decisions, losses, weights, one prediction."""

import polars as pl

import glassnet

rows = 400
table = pl.DataFrame(
    {
        "size": [40 + (37 * n) % 160 for n in range(rows)],
        "town": [["Aachen", "Bonn", "Celle"][n % 3] for n in range(rows)],
        "built": [1950 + (7 * n) % 70 for n in range(rows)],
    }
).with_columns(
    price=pl.col("size") * 2.5 + pl.col("town").replace_strict({"Aachen": 40, "Bonn": 90, "Celle": 0})
)

model = glassnet.fit(table, "price", epochs=40, seed=0)

print("What was decided, and why:")
for decision in model.fitted.decisions:
    print(f"  {decision.name}: {decision.value} ({decision.reason})")

print(model.history.filter(pl.col("quantity") == "training_loss").tail(3))
for name, parameter in model.network.named_parameters():
    print(f"{name}: {tuple(parameter.shape)}")

house = {"size": [100], "town": ["Bonn"], "built": [1990]}
print(f"100 square metres in Bonn: {model.predict(house)[0]:.0f} (truth: 340)")
