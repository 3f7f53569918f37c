namespace Fulcrum.Studies;

/// <summary>The names of the guards, which a study may override. Each summary states the condition that the guard
/// checks.</summary>
internal static class GuardNames
{
    /// <summary>Every reference answer, graded as if a model had given it, is correct.</summary>
    public const string GoldAgainstGold = "gold-against-gold";

    /// <summary>Every training example has a trained token and fits the length limit.</summary>
    public const string CompletionTokens = "completion-tokens";

    /// <summary>No item of a task occurs in the training data.</summary>
    public const string TrainingOverlap = "training-overlap";

    /// <summary>No score is significantly lower than without knowledge.</summary>
    public const string BelowChance = "below-chance";

    /// <summary>The base model of a known name scores about what was published for it.</summary>
    public const string PublishedBand = "published-band";

    /// <summary>Most written choices can be parsed.</summary>
    public const string UnparsableShare = "unparsable-share";

    /// <summary>The adapter changes what the model computes.</summary>
    public const string AdapterActive = "adapter-active";

    /// <summary>At lambda 0 the adapter changes nothing.</summary>
    public const string LambdaZero = "lambda-zero-is-base";

    /// <summary>Base and candidate were measured under the same protocol, except for the adapter.</summary>
    public const string SameProtocol = "same-protocol";

    /// <summary>Re-evaluation in other batches changes less than the study claims.</summary>
    public const string NoiseFloor = "noise-floor";

    /// <summary>The adapter was trained for the base of this study. Names alone cannot show the opposite, so it is not
    /// checked where they differ, and there is nothing to override.</summary>
    public const string AdapterBase = "adapter-base";

    /// <summary>All names that a study may override, in the order of the stages that try them.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        GoldAgainstGold,
        CompletionTokens,
        TrainingOverlap,
        BelowChance,
        PublishedBand,
        UnparsableShare,
        AdapterActive,
        LambdaZero,
        SameProtocol,
        NoiseFloor,
    ];
}
