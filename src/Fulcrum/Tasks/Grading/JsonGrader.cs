using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fulcrum.Files;
using Json.Schema;

namespace Fulcrum.Tasks.Grading;

/// <summary>Grades replies that should be JSON: whether they parse, which fields are right, whether a schema
/// holds.</summary>
internal static partial class JsonGrader
{
    /// <summary>Levels of nesting that are read; deeper JSON counts as none.</summary>
    public const int Depth = 256;

    // Of a schema. References are resolved by recursion, so many of them need a large stack. The library compiles
    // patterns, which takes some kilobytes for a character.
    private const int MostValues = 20_000,
        LongestPatterns = 10_000,
        StackBytes = 1 << 26;

    private static readonly TimeSpan PatternLimit = TimeSpan.FromSeconds(20);
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = Depth };

    /// <summary>Grades a reply: scores <c>valid</c>, <c>bare</c>, <c>fields</c>, <c>equal</c>, and <c>schema</c> if one
    /// is given.
    /// The item's score is <c>fields</c>.</summary>
    /// <param name="target">The right value: any JSON.</param>
    /// <param name="fits">The test by a schema, from <see cref="Schema"/>; null: there is none. Where it returns null
    /// the score <c>schema</c> is null.</param>
    public static ReplyGrade Grade(string reply, JsonElement target, Func<JsonElement, bool?>? fits = null)
    {
        (JsonDocument? document, string rule) = Parse(reply);
        using JsonDocument? read = document;
        double fields = read is null ? 0 : JsonEquality.Fields(target, read.RootElement);
        bool equal = read is not null && JsonEquality.AreEqual(target, read.RootElement);
        Dictionary<string, double?> scores = ReplyGrade.Named(
            ("valid", ReplyGrade.Number(read is not null)),
            ("bare", ReplyGrade.Number(rule == "bare")),
            ("fields", fields),
            ("equal", ReplyGrade.Number(equal))
        );
        bool? isFitting = read is null ? false : fits?.Invoke(read.RootElement);
        if (fits is not null)
        {
            scores["schema"] = isFitting is { } known ? ReplyGrade.Number(known) : null;
        }

        string verdict =
            read is null ? "unparsable"
            : equal ? "correct"
            : fields > 0 ? "partial"
            : "wrong";
        string? reason = fits is not null && isFitting is null ? TooLarge : null;
        return new(fields, read?.RootElement.GetRawText() ?? "", verdict, scores, rule, reason);
    }

    // The whole reply, then each fenced block, then from the first opening bracket to the last closing one of its kind.
    private static (JsonDocument? Document, string Rule) Parse(string reply)
    {
        if (Read(PythonText.Strip(reply)) is { } bare)
        {
            return (bare, "bare");
        }

        foreach (Match fence in Fence().Matches(reply))
        {
            if (Read(PythonText.Strip(fence.Groups[1].Value)) is { } fenced)
            {
                return (fenced, "fence");
            }
        }

        int start = reply.AsSpan().IndexOfAny('{', '[');
        int end = start < 0 ? -1 : reply.LastIndexOf(reply[start] == '{' ? '}' : ']');
        return end > start && Read(reply[start..(end + 1)]) is { } inside ? (inside, "brackets") : (null, "none");
    }

    private static JsonDocument? Read(string text)
    {
        try
        {
            return text.StartsWith('\uFEFF') ? null : JsonDocument.Parse(text, Strict);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private const string TooLarge =
        "the reply was not tested by its schema, because the test takes too long for a reply of this size";

    /// <summary>Reads an untrusted JSON Schema (draft 2020-12 unless it names another) and returns the test of a value
    /// by it. The test returns null for a value that is too large for it.</summary>
    /// <remarks>Nothing is fetched: a reference to another document is an error. A pattern that exceeds the default
    /// time limit of regular expressions counts as not matched.</remarks>
    /// <exception cref="InputException">The schema cannot be read, or its parts refer to each other so often that no
    /// value can be tested.</exception>
    public static Func<JsonElement, bool?> Schema(JsonElement schema)
    {
        JsonSchema built = Built(schema);
        if (SchemaWork.IsTooMuch(built.Root, SchemaValue.Scalar))
        {
            throw new InputException(
                "the schema cannot be used: its parts refer to each other so often that no value can be tested, or one "
                    + "refers to itself without a step into the value"
            );
        }

        bool hasPattern = SchemaWork.HasPattern(built.Root);
        return value => IsValid(built, value, hasPattern);
    }

    private static JsonSchema Built(JsonElement schema)
    {
        int values = StrictJson.Values(Encoding.UTF8.GetBytes(schema.GetRawText()));
        if (values > MostValues)
        {
            throw new InputException($"the schema has {values} values, more than the {MostValues} that are read");
        }

        if (PatternsIn(schema) is > LongestPatterns and var characters)
        {
            throw new InputException(
                $"the patterns of the schema have {characters} characters, more than the {LongestPatterns} "
                    + "that are read"
            );
        }

        JsonSchema? built = null;
        Exception? failure = null;
        Thread reading = new(
            () =>
            {
                try
                {
                    built = JsonSchema.Build(schema, new BuildOptions { SchemaRegistry = new SchemaRegistry() });
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    failure = e; // one that left the thread would end the process
                }
            },
            StackBytes
        );
        reading.Start();
        reading.Join();
        return built ?? throw new InputException($"the schema cannot be read: {failure!.Message}", failure);
    }

    // Characters in all places where a schema may have a pattern.
    private static long PatternsIn(JsonElement schema) =>
        schema.ValueKind switch
        {
            JsonValueKind.Object => schema
                .EnumerateObject()
                .Sum(p =>
                    PatternsIn(p.Value)
                    + (p.Value.ValueKind, p.Name) switch
                    {
                        (JsonValueKind.String, "pattern") => p.Value.GetString()!.Length,
                        (JsonValueKind.Object, "patternProperties") => p
                            .Value.EnumerateObject()
                            .Sum(m => (long)m.Name.Length),
                        _ => 0,
                    }
                ),
            JsonValueKind.Array => schema.EnumerateArray().Sum(PatternsIn),
            _ => 0,
        };

    private static bool? IsValid(JsonSchema schema, JsonElement value, bool hasPattern)
    {
        try
        {
            return SchemaWork.IsTooMuch(schema.Root, SchemaValue.Of(value)) ? null
                : hasPattern ? InTime(() => Fits(schema, value))
                : Fits(schema, value);
        }
        catch (InvalidOperationException)
        {
            return false; // a text with half of a surrogate pair, which no schema can test
        }
    }

    private static bool Fits(JsonSchema schema, JsonElement value)
    {
        try
        {
            return schema.Evaluate(value, new EvaluationOptions { OutputFormat = OutputFormat.Flag }).IsValid;
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
        catch (Exception e) when (IsAboutSchema(e))
        {
            throw new InputException($"the schema cannot be used: {e.Message}", e);
        }
    }

    // The limit of a pattern is for one match, and a reply may have thousands of texts. The library cannot be stopped,
    // so the thread is abandoned. The caller ends the command.
    private static bool InTime(Func<bool> test)
    {
        Task<bool> running = Task.Factory.StartNew(test, TaskCreationOptions.LongRunning);
        return ((IAsyncResult)running).AsyncWaitHandle.WaitOne(PatternLimit)
            ? running.GetAwaiter().GetResult()
            : throw new InputException(
                $"the schema cannot be used: its patterns take longer than {PatternLimit.TotalSeconds:0} s on one reply"
            );
    }

    private static bool IsAboutSchema(Exception e) =>
        e
            is JsonException
                or JsonSchemaException
                or RefResolutionException
                or ArgumentException
                or InvalidOperationException
                or FormatException
                or OverflowException
                or KeyNotFoundException;

    [GeneratedRegex("```[^`\n]*\n(.*?)```", RegexOptions.CultureInvariant | RegexOptions.Singleline, 1000)]
    private static partial Regex Fence();
}
