using Fulcrum.Evaluation;

namespace Fulcrum.Cli.Commands;

/// <summary>The tokenizer and the chat template of a model folder.</summary>
internal static class ModelTexts
{
    /// <summary>Whether texts can be read and written; not yet, so completions come as ids alone.</summary>
    public static bool AreIn(string folder) => false;

    /// <summary>Loads them.</summary>
    /// <exception cref="InputException">The folder has no tokenizer.</exception>
    public static TextCodec Of(string folder) => throw new InputException($"texts cannot be tokenised yet; give token ids instead ({folder})");
}
