using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fulcrum.Files;
using Fulcrum.Torch.Interop;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>The repaired native library is loaded only from where nobody else could have put it.</summary>
[SupportedOSPlatform("linux")]
public sealed class NativeCacheTests : IDisposable
{
    private const string Name = "libTest.so";
    private static readonly byte[] Image = [1, 2, 3, 4];
    private readonly string home = Directory.CreateTempSubdirectory().FullName;

    public NativeCacheTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "only on Linux a library is repaired");

    public void Dispose() => Directory.Delete(home, recursive: true);

    private CacheFolder Cache => NativeCache.Folder(UserCache.Of(null, home))!;

    [Fact]
    public void A_private_folder_keeps_the_copy_and_gives_it_again()
    {
        string first = Placed(),
            second = Placed();

        Assert.StartsWith(Path.Combine(home, ".cache", "fulcrum", "native"), first);
        Assert.Equal(first, second);
        Assert.Equal(Image, File.ReadAllBytes(first));
        Assert.Equal(0, FileEntry.Of(first).Mode & 0b000_111_111);
        for (string at = Cache.Path; at != home; at = Path.GetDirectoryName(at)!)
        {
            Assert.Equal(0b111_000_000, FileEntry.Of(at).Mode);
        }
    }

    [Fact]
    public void Under_a_umask_of_0_the_folders_are_still_private()
    {
        uint usual = Umask(0);
        try
        {
            string kept = Placed();
            Assert.Equal(0b111_000_000, FileEntry.Of(Cache.Path).Mode);
            Assert.Equal(0, FileEntry.Of(kept).Mode & 0b000_111_111);
        }
        finally
        {
            _ = Umask(usual);
        }
    }

    [DllImport("libc", EntryPoint = "umask")]
    private static extern uint Umask(uint mask);

    [Theory]
    [InlineData(0b111_111_111)]
    [InlineData(0b111_111_101)]
    public void A_folder_that_others_may_write_is_not_used_even_with_the_right_bytes(int mode)
    {
        string kept = Placed();
        File.SetUnixFileMode(Path.Combine(home, ".cache"), (UnixFileMode)mode);

        Assert.Equal("memory", Placed());
        File.SetUnixFileMode(Path.Combine(home, ".cache"), (UnixFileMode)0b111_000_000);
        Assert.Equal(kept, Placed());
        File.SetUnixFileMode(Path.GetDirectoryName(kept)!, (UnixFileMode)mode);
        Assert.Equal("memory", Placed());
    }

    [Fact]
    public void A_folder_of_another_user_is_not_used_and_not_written()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can give a folder to another user");
        string kept = Placed();
        Process.Start("chown", ["-R", "12345", Path.Combine(home, ".cache")]).WaitForExit();

        Assert.Equal("memory", Placed());
        Assert.Equal(12345u, FileEntry.Of(kept).Owner);
    }

    [Theory]
    [InlineData("link")]
    [InlineData("others-may-write")]
    [InlineData("other-bytes")]
    [InlineData("hard-link")]
    public void A_copy_that_was_exchanged_is_replaced(string how)
    {
        string kept = Placed(),
            other = Path.Combine(home, "other");
        File.WriteAllBytes(other, Image);
        switch (how)
        {
            case "link":
                File.Delete(kept);
                File.CreateSymbolicLink(kept, other);
                break;
            case "hard-link":
                Process.Start("ln", ["-f", other, kept]).WaitForExit();
                break;
            case "others-may-write":
                File.SetUnixFileMode(kept, (UnixFileMode)0b110_110_110);
                break;
            default:
                File.WriteAllBytes(kept, [9, 9, 9, 9]);
                break;
        }

        Assert.Equal(kept, Placed());
        Assert.Equal((EntryKind.File, 1u), (FileEntry.OfLink(kept).Kind, FileEntry.OfLink(kept).Names));
        Assert.Equal(Image, File.ReadAllBytes(kept));
        Assert.False(FileEntry.OfLink(kept).IsOthers);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", "")]
    [InlineData("relative", "relative")]
    [InlineData("./.", "~")]
    public void Without_an_absolute_folder_nothing_is_loaded_from_the_current_one(string? cache, string? homeOfUser) =>
        Assert.Null(NativeCache.Folder(UserCache.Of(cache, homeOfUser)));

    [Fact]
    public void A_home_that_does_not_exist_is_not_made()
    {
        string missing = Path.Combine(home, "not", "there");

        (SafeFileHandle? handle, string shown) = NativeCache.Place(
            Name,
            Image,
            NativeCache.Folder(UserCache.Of(null, missing))
        );
        using (handle)
        {
            Assert.Equal("memory", shown);
            Assert.Equal(Image, File.ReadAllBytes(AnonymousFile.PathOf(handle!)));
        }

        Assert.False(Directory.Exists(Path.Combine(home, "not")));
    }

    private string Placed()
    {
        (SafeFileHandle? handle, string shown) = NativeCache.Place(Name, Image, Cache);
        handle!.Dispose();
        return shown;
    }
}
