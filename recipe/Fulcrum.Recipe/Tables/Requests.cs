using Fulcrum.Statistics;

namespace Fulcrum.Recipe.Tables;

/// <summary>Questions about a database: every kind in a few wordings.</summary>
internal static class Requests
{
    /// <summary>How often each kind is drawn: the first half of the kinds is easy, as Spider counts hardness.</summary>
    private static readonly (Func<Schema, RandomStream, Request> Make, int Share)[] Kinds =
    [
        (Column, 10),
        (Count, 6),
        (WhereText, 10),
        (WhereNumber, 8),
        (Aggregate, 8),
        (Distinct, 5),
        (CountWhere, 6),
        (Sorted, 6),
        (TwoColumns, 9),
        (Extreme, 9),
        (PerGroup, 7),
        (Joined, 10),
        (TwoConditions, 6),
        (AboveAverage, 7),
        (MostCommon, 6),
        (Without, 6),
        (JoinedExtreme, 6),
        (TwoAboveAverage, 4),
    ];

    /// <summary>One request of a random kind.</summary>
    public static Request Draw(Schema schema, RandomStream random)
    {
        int at = random.NextInt(Kinds.Sum(k => k.Share));
        return Kinds.First(k => (at -= k.Share) < 0).Make(schema, random);
    }

    private static Request Column(Schema s, RandomStream r)
    {
        (Table t, string c) = Any(s, r);
        return new(
            Word(
                r,
                $"Show the {c} of every {t.Name}.",
                $"What is the {c} of each {t.Name}?",
                $"List the {c} of all {t.Name} entries."
            ),
            new(t, null, [new(c)], [])
        );
    }

    private static Request Count(Schema s, RandomStream r)
    {
        Table t = Of(s, r);
        return new(
            Word(r, $"How many {t.Name} entries are there?", $"Count the {t.Name} entries."),
            new(t, null, [new("*", "count")], [])
        );
    }

    private static Request WhereText(Schema s, RandomStream r)
    {
        (Table t, string c) = Any(s, r);
        (string d, string v) = Text(t, r);
        return new(
            Word(
                r,
                $"Show the {c} of every {t.Name} whose {d} is '{v}'.",
                $"What is the {c} of each {t.Name} with the {d} '{v}'?"
            ),
            new(t, null, [new(c)], [new(new(d), "=", v)])
        );
    }

    private static Request WhereNumber(Schema s, RandomStream r)
    {
        (Table t, string c) = Any(s, r);
        (string n, int v) = Number(t, r);
        bool more = r.NextInt(2) == 0;
        return new(
            Word(
                r,
                $"Show the {c} of every {t.Name} whose {n} is {(more ? "above" : "below")} {v}.",
                $"What is the {c} of each {t.Name} with a {n} {(more ? "above" : "below")} {v}?"
            ),
            new(t, null, [new(c)], [new(new(n), more ? ">" : "<", $"{v}")])
        );
    }

    private static Request Aggregate(Schema s, RandomStream r)
    {
        Table t = Of(s, r);
        string n = Pick(t.Numbers, r);
        (string word, string name) = Pick(
            [("average", "avg"), ("highest", "max"), ("lowest", "min"), ("total", "sum")],
            r
        );
        return new(
            Word(r, $"What is the {word} {n} of all {t.Name} entries?", $"Give the {word} {n} over every {t.Name}."),
            new(t, null, [new(n, name)], [])
        );
    }

    private static Request Distinct(Schema s, RandomStream r)
    {
        Table t = Of(s, r);
        string c = Pick(t.Texts, r);
        return new(
            Word(
                r,
                $"Which different {c} values does {t.Name} have?",
                $"List the different {c} values of the {t.Name} entries."
            ),
            new(t, null, [new(c)], [], Distinct: true)
        );
    }

    private static Request CountWhere(Schema s, RandomStream r)
    {
        Table t = Of(s, r);
        (string d, string v) = Text(t, r);
        return new(
            Word(
                r,
                $"How many {t.Name} entries have the {d} '{v}'?",
                $"Count the {t.Name} entries whose {d} is '{v}'."
            ),
            new(t, null, [new("*", "count")], [new(new(d), "=", v)])
        );
    }

    private static Request Sorted(Schema s, RandomStream r)
    {
        (Table t, string c) = Any(s, r);
        string n = Pick(t.Numbers, r);
        bool down = r.NextInt(2) == 0;
        return new(
            Word(
                r,
                $"Show the {c} of every {t.Name} by {(down ? "falling" : "rising")} {n}.",
                $"List the {c} of all {t.Name} entries in {(down ? "falling" : "rising")} order of {n}."
            ),
            new(t, null, [new(c)], [], OrderBy: new(n), Descending: down)
        );
    }

    private static Request TwoColumns(Schema s, RandomStream r)
    {
        Table t = Of(s, r);
        (string c, string d) = Two(t, r);
        return new(
            Word(r, $"Show the {c} and the {d} of every {t.Name}.", $"What are the {c} and the {d} of each {t.Name}?"),
            new(t, null, [new(c), new(d)], [])
        );
    }

    private static Request Extreme(Schema s, RandomStream r)
    {
        (Table t, string c) = Any(s, r);
        string n = Pick(t.Numbers, r);
        bool most = r.NextInt(2) == 0;
        return new(
            Word(
                r,
                $"Show the {c} of the {t.Name} with the {(most ? "highest" : "lowest")} {n}.",
                $"Which {c} has the {t.Name} of the {(most ? "highest" : "lowest")} {n}?"
            ),
            new(t, null, [new(c)], [], OrderBy: new(n), Descending: most, Limit: true)
        );
    }

    private static Request PerGroup(Schema s, RandomStream r)
    {
        Table t = Of(s, r);
        string c = Pick(t.Texts, r);
        return new(
            Word(r, $"How many {t.Name} entries are there for each {c}?", $"Count the {t.Name} entries per {c}."),
            new(t, null, [new(c), new("*", "count")], [], GroupBy: c)
        );
    }

    private static Request Joined(Schema s, RandomStream r)
    {
        (Table t, Table p) = (s.Second, s.First);
        string c = Pick(Shown(t), r);
        (string d, string v) = Text(p, r);
        return new(
            Word(
                r,
                $"Show the {c} of every {t.Name} whose {p.Name} has the {d} '{v}'.",
                $"What is the {c} of each {t.Name} of a {p.Name} with the {d} '{v}'?"
            ),
            new(t, p, [new(c)], [new(new(d, OfParent: true), "=", v)])
        );
    }

    private static Request TwoConditions(Schema s, RandomStream r)
    {
        (Table t, string c) = Any(s, r);
        (string d, string v) = Text(t, r);
        (string n, int k) = Number(t, r);
        bool more = r.NextInt(2) == 0;
        return new(
            $"Show the {c} of every {t.Name} whose {d} is '{v}' and whose {n} is {(more ? "above" : "below")} {k}.",
            new(t, null, [new(c)], [new(new(d), "=", v), new(new(n), more ? ">" : "<", $"{k}")])
        );
    }

    private static Request AboveAverage(Schema s, RandomStream r)
    {
        (Table t, string c) = Any(s, r);
        string n = Pick(t.Numbers, r);
        return new(
            Word(
                r,
                $"Show the {c} of every {t.Name} whose {n} is above the average.",
                $"What is the {c} of each {t.Name} with more than the average {n}?"
            ),
            new(t, null, [new(c)], [new(new(n), "average")])
        );
    }

    private static Request MostCommon(Schema s, RandomStream r)
    {
        Table t = Of(s, r);
        string c = Pick(t.Texts, r);
        return new(
            Word(
                r,
                $"Which {c} do most {t.Name} entries have?",
                $"What is the most common {c} of the {t.Name} entries?"
            ),
            new(t, null, [new(c)], [], GroupBy: c, OrderBy: new("*", "count"), Descending: true, Limit: true)
        );
    }

    private static Request Without(Schema s, RandomStream r)
    {
        string c = Pick(Shown(s.First), r);
        return new(
            Word(
                r,
                $"Show the {c} of every {s.First.Name} without any {s.Second.Name}.",
                $"What is the {c} of each {s.First.Name} that has no {s.Second.Name}?"
            ),
            new(s.First, null, [new(c)], [new(new("id"), "without", s.Second.Name)])
        );
    }

    private static Request JoinedExtreme(Schema s, RandomStream r)
    {
        (Table t, Table p) = (s.Second, s.First);
        string c = Pick(Shown(t), r),
            n = Pick(t.Numbers, r);
        (string d, string v) = Text(p, r);
        return new(
            $"Show the {c} of the {t.Name} with the highest {n} whose {p.Name} has the {d} '{v}'.",
            new(t, p, [new(c)], [new(new(d, OfParent: true), "=", v)], OrderBy: new(n), Descending: true, Limit: true)
        );
    }

    private static Request TwoAboveAverage(Schema s, RandomStream r)
    {
        Table t = Of(s, r);
        (string c, string d) = Two(t, r);
        string n = Pick(t.Numbers, r);
        return new(
            $"Show the {c} and the {d} of every {t.Name} whose {n} is above the average.",
            new(t, null, [new(c), new(d)], [new(new(n), "average")])
        );
    }

    private static Table Of(Schema s, RandomStream r) => s.Tables[r.NextInt(2)];

    private static (Table, string) Any(Schema s, RandomStream r)
    {
        Table t = Of(s, r);
        return (t, Pick(Shown(t), r));
    }

    private static (string, string) Two(Table t, RandomStream r)
    {
        string[] order = r.Shuffled(Shown(t));
        return (order[0], order[1]);
    }

    private static (string, string) Text(Table t, RandomStream r)
    {
        string column = Pick(t.Texts, r);
        return (column, Pick(Vocabulary.TextColumns[column], r));
    }

    private static (string, int) Number(Table t, RandomStream r) => (Pick(t.Numbers, r), Pick(Vocabulary.Numbers, r));

    private static IReadOnlyList<string> Shown(Table t) => [.. t.Columns.Where(c => c != "id" && c != t.Parent)];

    private static string Word(RandomStream r, params string[] wordings) => wordings[r.NextInt(wordings.Length)];

    private static T Pick<T>(IReadOnlyList<T> from, RandomStream r) => from[r.NextInt(from.Count)];
}
