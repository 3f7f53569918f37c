using System.Globalization;
using System.Text.Json.Serialization;
using Fulcrum.Comparisons;
using Fulcrum.Data;

namespace Fulcrum.Tracing;

/// <summary>A step on the way from a trained adapter to the served model. Each step is compared with the one before, so
/// that the step that loses quality is found.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TraceRung>))]
internal enum TraceRung
{
    /// <summary>The adapter on the 16-bit base, against the adapter on the base in 4 bits.</summary>
    [JsonStringEnumMemberName("adapter")]
    Adapter,

    /// <summary>The merged weights of the file, in the engine of the rung before.</summary>
    [JsonStringEnumMemberName("merged")]
    Merged,

    /// <summary>A correct merge as a GGUF file in half precision.</summary>
    [JsonStringEnumMemberName("gguf-f16")]
    GgufF16,

    /// <summary>A correct merge as a GGUF file in 8 bits.</summary>
    [JsonStringEnumMemberName("gguf-q8_0")]
    GgufQ8,

    /// <summary>The given GGUF file, in llama.cpp.</summary>
    [JsonStringEnumMemberName("gguf")]
    Gguf,

    /// <summary>The server, with its own chat template.</summary>
    [JsonStringEnumMemberName("server")]
    Server,
}

/// <summary>Why a served model answers differently from the adapter that was trained.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TraceCause>))]
internal enum TraceCause
{
    /// <summary>The adapter was merged into other weights, or not as it was trained.</summary>
    [JsonStringEnumMemberName("merge")]
    Merge,

    /// <summary>Texts are split into other tokens.</summary>
    [JsonStringEnumMemberName("pre-tokenizer")]
    PreTokenizer,

    /// <summary>Conversations are rendered differently.</summary>
    [JsonStringEnumMemberName("template")]
    Template,

    /// <summary>The begin token of prompts is missing, added or different.</summary>
    [JsonStringEnumMemberName("bos")]
    Bos,

    /// <summary>Another token ends answers.</summary>
    [JsonStringEnumMemberName("eos")]
    Eos,

    /// <summary>Positions are encoded differently.</summary>
    [JsonStringEnumMemberName("rope")]
    Rope,

    /// <summary>The context length is different.</summary>
    [JsonStringEnumMemberName("context")]
    Context,

    /// <summary>The output layer has other weights.</summary>
    [JsonStringEnumMemberName("head")]
    Head,
}

/// <summary>A difference that was found without measuring.</summary>
/// <param name="Detail">One sentence with both values, the folder's and the file's.</param>
internal sealed record TraceFinding(TraceRung Rung, TraceCause Cause, string Detail);

/// <summary>How far the log-likelihoods of texts lie from those of the rung before, in nats per token.</summary>
/// <param name="Mean">Mean over the texts. Negative: the texts became less likely.</param>
/// <param name="Absolute">Mean of the absolute differences.</param>
/// <param name="Low">Lower end of the 95% interval of the mean (Student's t over texts); null for fewer than two
/// texts.</param>
/// <param name="High">Upper end.</param>
internal sealed record RungDifference(double Mean, double Absolute, double? Low, double? High, int Texts);

/// <summary>A rung that was measured.</summary>
/// <param name="Difference">On the texts; null: no texts were given, or a server gives no log-likelihoods.</param>
/// <param name="Tasks">On each task, paired item by item; null: no tasks were given.</param>
internal sealed record MeasuredRung(
    TraceRung Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RungDifference? Difference,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<RungChange>? Tasks = null
);

/// <summary>The result of a trace: at which step the served model departs from the trained one.</summary>
/// <param name="Findings">The differences that need no measuring, in the order of the ladder.</param>
/// <param name="Rungs">The rungs that were measured; empty if neither texts nor tasks were given.</param>
internal sealed record TraceResult(IReadOnlyList<TraceFinding> Findings, IReadOnlyList<MeasuredRung> Rungs)
{
    /// <summary>One sentence on the rung with the largest loss on the tasks, and one on the rung that changed the
    /// log-likelihoods of the texts most; null if nothing was measured.</summary>
    public string? Conclusion =>
        string.Join(' ', new[] { OfTasks(), OfTexts() }.OfType<string>()) is { Length: > 0 } said ? said : null;

    private string? OfTasks()
    {
        LadderRung[] rungs =
        [
            .. Rungs
                .Where(r => r.Tasks is { Count: > 0 })
                .Select(r => new LadderRung(EnumNames.Of(r.Name), "", r.Tasks!)),
        ];
        if (rungs.Length == 0)
        {
            return null;
        }

        ServingLadder ladder = new("", rungs);
        if (ladder.LargestLoss() is { } loss)
        {
            return $"The rung '{loss.Rung.Name}' lost most: {Points(loss.Change)} on {loss.Change.Task}.";
        }

        (LadderRung rung, RungChange change) = ladder.LargestChange();
        return $"No rung shows a loss on the tasks. The largest change is {Points(change)} on {change.Task}, at "
            + $"the rung '{rung.Name}'.";
    }

    private string? OfTexts()
    {
        (TraceRung name, RungDifference? most) = Rungs
            .Where(r => r.Name != TraceRung.Adapter && r.Difference is not null)
            .Select(r => (r.Name, r.Difference))
            .OrderByDescending(r => r.Difference!.Absolute)
            .FirstOrDefault();
        return most is null
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"The rung '{EnumNames.Of(name)}' changed the texts' log-likelihood most: "
                    + $"{most.Mean:+0.0000;-0.0000} nats per token on average, "
                    + $"{most.Absolute:0.0000} in absolute value."
            );
    }

    /// <summary>A change in percentage points with its 95% interval.</summary>
    public static string Points(RungChange change) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * change.Difference.Points:+0.0;-0.0;0.0} points ({100 * change.Difference.Low:+0.0;-0.0;0.0} "
                + $"to {100 * change.Difference.High:+0.0;-0.0;0.0})"
        );
}
