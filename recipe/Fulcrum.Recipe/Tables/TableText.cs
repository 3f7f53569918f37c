using Fulcrum.Statistics;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Recipe.Tables;

/// <summary>The part of the pretraining text about tables: words copied and looked up, tables described and read back,
/// requests answered in made-up notations.</summary>
/// <param name="forbidden">Questions and table lines of the dev split, which must not occur.</param>
internal sealed class TableText(IReadOnlyList<string> words, IReadOnlySet<string> forbidden)
{
    /// <summary>Lists of random words, repeated; the first thing to be learned.</summary>
    public Text Copies(RandomStream random)
    {
        Text text = new();
        string[] list = random.Shuffled(words)[..(6 + random.NextInt(10))];
        string line = string.Concat(list.Select(w => " " + w));
        text.Given("list:" + line + "\nagain:")
            .Said(line)
            .Given("\nframe:")
            .Said(string.Concat(list.Select(w => $" [{w}]")))
            .Given("\n");
        for (int i = 0; i < 10; i++)
        {
            int at = random.NextInt(list.Length - 1);
            text.Given($"after {list[at]} :").Said($" {list[at + 1]}").Given(" [").Said(list[at + 1]).Given("]\n");
        }

        return text;
    }

    /// <summary>A list of random words, over and over.</summary>
    public Text Repeats(RandomStream random)
    {
        string line = string.Concat(random.Shuffled(words)[..(4 + random.NextInt(20))].Select(w => " " + w));
        Text text = new Text().Given(line);
        for (int i = 0, count = 2 + random.NextInt(3); i < count; i++)
        {
            text.Said(line);
        }

        return text;
    }

    /// <summary>Words that each have a partner, a word or a letter, in random order: whoever comes again comes with the
    /// same partner.</summary>
    public Text Partners(RandomStream random)
    {
        string[] drawn = random.Shuffled(words)[..(3 + random.NextInt(6))],
            partners = random.NextInt(2) == 0 ? ["A", "B", "C", "D"] : random.Shuffled(words);
        string[] chosen = [.. drawn.Select((_, i) => partners.Length == 4 ? partners[random.NextInt(4)] : partners[i])];
        bool[] seen = new bool[drawn.Length];
        Text text = new();
        for (int i = 0; i < 40; i++)
        {
            int at = random.NextInt(drawn.Length);
            text.Given($" {drawn[at]}");
            _ = seen[at] ? text.Said($" {chosen[at]}") : text.Given($" {chosen[at]}");
            seen[at] = true;
        }

        return text;
    }

    /// <summary>Pairs of random words, looked up from both sides.</summary>
    public Text Pairs(RandomStream random)
    {
        Text text = new();
        string[] drawn = random.Shuffled(words);
        (string Key, string Value)[] pairs =
        [
            .. Enumerable.Range(0, 5 + random.NextInt(5)).Select(i => (drawn[2 * i], drawn[2 * i + 1])),
        ];
        text.Given(string.Concat(pairs.Select(p => $" {p.Key} = {p.Value} ;")) + "\n");
        foreach ((string key, string value) in random.Shuffled(pairs.Concat(pairs)))
        {
            bool turned = random.NextInt(2) == 0;
            text.Given($"find {(turned ? value : key)} :").Said(turned ? $" {key}" : $" {value}").Given("\n");
        }

        return text;
    }

    /// <summary>A described database and what can be read from it.</summary>
    public Text Reading(RandomStream random)
    {
        Schema schema = Draw(random);
        Text text = new Text().Given(SpiderPrompt.Describe(schema.ToSpider()));
        foreach (Table table in random.Shuffled(schema.Tables))
        {
            text.Given($"columns of {table.Name} :")
                .Said(string.Concat(table.Columns.Select(c => " " + c)))
                .Given("\n");
        }

        for (int i = 0; i < 8; i++)
        {
            Table table = schema.Tables[random.NextInt(2)];
            string column = table.Columns[1 + random.NextInt(table.Columns.Count - 1)];
            bool unique = schema.Tables.Count(t => t.Columns.Contains(column)) == 1;
            string kind = Vocabulary.TextColumns.ContainsKey(column) ? "text" : "number";
            _ = random.NextInt(3) switch
            {
                0 when unique => text.Given($"place of {column} :").Said($" {table.Name}").Given("\n"),
                1 => text.Given($"type of {table.Name} {column} :").Said($" {kind}").Given("\n"),
                _ => text.Given($"frame {table.Name} and {column} :")
                    .Said($" [{table.Name}]")
                    .Said($" [{column}]")
                    .Given("\n"),
            };
        }

        return text;
    }

    /// <summary>A conversation about a described database, each answer in the notation that the system message
    /// names.</summary>
    public Text Answers(RandomStream random)
    {
        Schema schema = Draw(random);
        string notation = Notation.Names[random.NextInt(Notation.Names.Count)];
        Text text = new Text().Given(
            $"<|im_start|>system\nYou answer questions about a database in {notation} notation.<|im_end|>\n<|im_start|>user\n{SpiderPrompt.Describe(schema.ToSpider())}\n"
        );
        for (int i = 0; i < 5; i++)
        {
            Request request = Allowed(schema, random);
            text.Given(
                    (i == 0 ? "" : "<|im_start|>user\n")
                        + $"Question: {request.Question}<|im_end|>\n<|im_start|>assistant\n"
                )
                .Said(Notation.Write(notation, request.Query))
                .Said("<|im_end|>")
                .Given("\n");
        }

        return text;
    }

    private Request Allowed(Schema schema, RandomStream random)
    {
        Request request = Requests.Draw(schema, random);
        return forbidden.Contains(request.Question) ? Allowed(schema, random) : request;
    }

    private Schema Draw(RandomStream random)
    {
        Schema schema = Schema.Random(random);
        return SpiderPrompt.Describe(schema.ToSpider()).Split('\n').Any(forbidden.Contains) ? Draw(random) : schema;
    }
}
