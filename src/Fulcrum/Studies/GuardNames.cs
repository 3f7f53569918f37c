namespace Fulcrum.Studies;

/// <summary>The names of the guards, which a study may override.</summary>
internal static class GuardNames
{
    public const string GoldAgainstGold = "gold-against-gold";
    public const string CompletionTokens = "completion-tokens";
    public const string TrainingOverlap = "training-overlap";
    public const string BelowChance = "below-chance";
    public const string PublishedBand = "published-band";
    public const string UnparsableShare = "unparsable-share";
    public const string AdapterActive = "adapter-active";
    public const string LambdaZero = "lambda-zero-is-base";
    public const string SameProtocol = "same-protocol";
    public const string NoiseFloor = "noise-floor";

    /// <summary>All names, in the order of the stages that try them.</summary>
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
