using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>A method of getting completions from a server.</summary>
internal interface IWriter
{
    /// <summary>Completes one prompt.</summary>
    Task<WrittenText> Write(ServerPrompt prompt, WritingLimits limits, CancellationToken cancellation);
}

/// <summary>A prompt in the form that a server accepts.</summary>
internal abstract record ServerPrompt
{
    /// <summary>Token ids.</summary>
    public sealed record OfIds(int[] Ids) : ServerPrompt;

    /// <summary>A text, without a chat template.</summary>
    public sealed record OfText(string Text) : ServerPrompt;

    /// <summary>Messages with all their fields.</summary>
    public sealed record OfMessages(JsonArray Messages) : ServerPrompt;
}

/// <summary>Limits and decoding of a completion.</summary>
/// <param name="MaxTokens">The largest number of tokens.</param>
/// <param name="Stops">Texts that end the completion and are not part of it.</param>
/// <param name="Sampling">Null: greedy.</param>
internal sealed record WritingLimits(int MaxTokens, IReadOnlyList<string> Stops, Sampling? Sampling);

/// <summary>What a server wrote.</summary>
/// <param name="Ids">Null: the server reports none.</param>
/// <param name="LogLikelihoods">One for each of the ids, or of the tokens; null: the server reports none.</param>
internal sealed record WrittenText(
    string Text,
    IReadOnlyList<int>? Ids,
    IReadOnlyList<double>? LogLikelihoods,
    FinishReason Finish
);
