using System.Text.Json;
using System.Text.RegularExpressions;
using Json.Schema;

namespace Fulcrum.Tasks.Grading;

/// <summary>Grades replies that should be JSON: whether they parse, which fields are right, whether a schema
/// holds.</summary>
internal static partial class JsonGrader
{
    /// <summary>Levels of nesting that are read; deeper JSON counts as none.</summary>
    public const int Depth = 256;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = Depth };

    /// <summary>Grades a reply: scores <c>valid</c>, <c>bare</c>, <c>fields</c>, <c>equal</c>, and <c>schema</c> if one
    /// is given.
    /// The item's score is <c>fields</c>.</summary>
    /// <param name="target">The right value: any JSON.</param>
    /// <param name="fits">The test by a schema, from <see cref="Schema"/>; null: there is none.</param>
    public static ReplyGrade Grade(string reply, JsonElement target, Func<JsonElement, bool>? fits = null)
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
        if (fits is not null)
        {
            scores["schema"] = ReplyGrade.Number(read is not null && fits(read.RootElement));
        }

        string verdict =
            read is null ? "unparsable"
            : equal ? "correct"
            : fields > 0 ? "partial"
            : "wrong";
        return new(fields, read?.RootElement.GetRawText() ?? "", verdict, scores, rule);
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

    /// <summary>Reads a JSON Schema (draft 2020-12 unless it names another) and returns the test of a value by
    /// it.</summary>
    /// <remarks>Nothing is fetched: a reference to another document is an error. A pattern that exceeds the default
    /// time limit of regular expressions counts as not matched.</remarks>
    /// <exception cref="InputException">The schema cannot be read.</exception>
    public static Func<JsonElement, bool> Schema(JsonElement schema)
    {
        try
        {
            JsonSchema built = JsonSchema.Build(schema, new BuildOptions { SchemaRegistry = new SchemaRegistry() });
            return value => IsValid(built, value);
        }
        catch (Exception e) when (IsAboutSchema(e))
        {
            throw new InputException($"the schema cannot be read: {e.Message}", e);
        }
    }

    private static bool IsValid(JsonSchema schema, JsonElement value)
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

    private static bool IsAboutSchema(Exception e) =>
        e
            is JsonException
                or JsonSchemaException
                or RefResolutionException
                or ArgumentException
                or InvalidOperationException;

    [GeneratedRegex("```[^`\n]*\n(.*?)```", RegexOptions.CultureInvariant | RegexOptions.Singleline, 1000)]
    private static partial Regex Fence();
}
