using System.Text;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Stores an access token where <c>huggingface_hub</c> looks for it.</summary>
internal static class HubLogin
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Asks the hub for the owner of a token and stores the token in files that only this user can
    /// read.</summary>
    /// <returns>The name of the token's owner on the hub.</returns>
    /// <exception cref="InputException">The hub does not accept the token (nothing is stored then), or its place
    /// cannot be written.</exception>
    /// <exception cref="FulcrumException">The hub cannot be reached, or the disk is full or fails.</exception>
    public static async Task<string> StoreAsync(HubSettings settings, string text, CancellationToken cancellation)
    {
        HubToken token = new(text, "the input");
        if (settings.Offline)
        {
            throw new FulcrumException("HF_HUB_OFFLINE is set, so the hub cannot be asked about the token");
        }

        using HubHttp http = new(settings);
        string owner = await new HubApi(settings, http).OwnerAsync(token, cancellation);
        string all = Path.Combine(Path.GetDirectoryName(settings.TokenPath)!, "stored_tokens");
        try
        {
            Write(all, WithSection(File.Exists(all) ? File.ReadAllLines(all) : [], owner, token.Value));
            Write(settings.TokenPath, token.Value);
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e) || e is FulcrumException)
        {
            FulcrumException cause = e as FulcrumException ?? AtomicFile.Failure(settings.TokenPath, e);
            string message = $"cannot store the token in {settings.TokenPath}: {cause.Message}";
            throw cause is InputException ? new InputException(message, e) : new FulcrumException(message, e);
        }

        return owner;
    }

    // Replaces the section of this owner in an INI file with one section per token.
    private static string WithSection(string[] lines, string owner, string token)
    {
        string name = owner.Replace(']', '-');
        StringBuilder text = new();
        bool own = false;
        foreach (string line in lines)
        {
            own = line.StartsWith('[') ? line.Trim() == $"[{name}]" : own;
            text.Append(own ? "" : line.TrimEnd() + "\n");
        }

        return text.Append($"[{name}]\nhf_token = {token}\n\n").ToString();
    }

    private static void Write(string path, string text)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnly | UnixFileMode.UserExecute);
        }

        AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(text)), OwnerOnly);
    }
}
