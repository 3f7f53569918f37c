using System.Text;
using BenchmarkDotNet.Attributes;
using Fulcrum.Tokenization;

namespace Fulcrum.Benchmarks;

/// <summary>Text to ids on one core, per byte of UTF-8: 333 ns a byte are 3 MB/s.</summary>
public class TokenizerBenchmark
{
    private const int Bytes = 1 << 20;
    private string spider = "",
        letter = "";
    private Tokenizer tokenizer = null!;

    /// <summary>A folder with <c>tokenizer.json</c>, from the repository's root.</summary>
    [Params(
        "tests/reference/tokenizer/llama3-layout",
        "tests/reference/tokenizer/llama2-layout",
        "../shared/data/qwen2-tokenizer"
    )]
    public string Folder { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        tokenizer = Tokenizer.Load(Root.Of(Folder));
        spider = SpiderLike(Bytes);
        letter = new string('a', Bytes);
    }

    /// <summary>Schemas, questions and queries, nearly no line twice.</summary>
    [Benchmark(OperationsPerInvoke = Bytes)]
    public int[] Spider() => tokenizer.Encode(spider);

    /// <summary>One letter, a million times: quadratic work would show.</summary>
    [Benchmark(OperationsPerInvoke = Bytes)]
    public int[] OneLetter() => tokenizer.Encode(letter);

    internal static string SpiderLike(int bytes)
    {
        string[] nouns =

            [
                "singer",
                "concert",
                "stadium",
                "flight",
                "airport",
                "student",
                "museum",
                "course",
                "country",
                "language",
                "treatment",
                "orchestra",
            ],
            columns = ["name", "id", "year", "capacity", "average", "age", "price", "city", "rating"];
        Random random = new(1);
        StringBuilder text = new(bytes + 400);
        while (text.Length < bytes)
        {
            string a = nouns[random.Next(nouns.Length)],
                b = nouns[random.Next(nouns.Length)],
                x = columns[random.Next(columns.Length)],
                y = columns[random.Next(columns.Length)];
            text.Append(
                    $"CREATE TABLE {a}_{b} ({x} INTEGER PRIMARY KEY, {y} TEXT, FOREIGN KEY ({x}) REFERENCES {b}({x}));\nHow many {a}s have a {y} above {random.Next(5000)} and no {b}'s {x}?\n"
                )
                .Append(
                    $"SELECT count(*), T1.{x} FROM {a} AS T1 JOIN {b} AS T2 ON T1.{x} = T2.{x} WHERE T2.{y} > {random.Next(5000)} GROUP BY T1.{x} ORDER BY T1.{y} DESC LIMIT {random.Next(9)}\n"
                );
        }

        return text.ToString(0, bytes);
    }
}
